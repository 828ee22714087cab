import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packScript } from '../../../builder/stages/pack-script.ts';
import { RPM_MACROS, RPM_SCRATCH } from '../../../builder/stages/fedora/install-script.ts';
import type { FedoraProject } from './project.ts';

/** Where dnf makes its tree. */
const ROOT = '/build/root';

/** The repository and its key as files, for `inputs` of a sandbox. */
export async function repositoryDirectory({
  project,
  content,
  key,
}: FedoraProject): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = await project.session.ports.scratch();
  for (const [path, bytes] of [...content, ['key.asc', Buffer.from(key.publicKey.armor())] as const]) {
    await mkdir(dirname(join(directory.path, path)), { recursive: true });
    await writeFile(join(directory.path, path), bytes);
  }
  return directory;
}

/** Files of the job that runs `dnfInstallScript`. */
export const DNF_FILES = {
  // The place of the database is Fedora's, as in our trees. Digests are rpm's to check, and signatures dnf's:
  // those of the repository; the package of our own has none.
  rpmmacros: RPM_MACROS.replace(/^%_pkgverify_level.*$/m, '%_pkgverify_level digest'),
  'dnf.conf': `[main]
gpgcheck=1
localpkg_gpgcheck=0
install_weak_deps=0
best=1
reposdir=/nonexistent
pluginpath=/nonexistent
cachedir=/build/cache
[fixture]
name=fixture
baseurl=file:///in/repository
gpgkey=file:///in/repository/key.asc
`,
};

/** Installs packages with dnf from /in/repository, signatures checked, and packs the tree as /out/rootfs.tar. */
export function dnfInstallScript(names: readonly string[], epoch: number): string {
  return `
root=${ROOT}
export HOME=/build/home
mkdir -p $HOME $root/dev $root/usr/lib/sysimage/rpm && cp /job/rpmmacros $HOME/.rpmmacros
${RPM_SCRATCH}
mkdir -m 0555 $root/proc
mount --rbind /dev $root/dev
mount -t proc proc $root/proc
dnf --quiet --assumeyes --config=/job/dnf.conf --installroot=$root --releasever=43 \\
  install ${names.join(' ')} >&2
umount -l $root/proc $root/dev
# dnf takes the directory of its cache for one of the tree.
rm -r $root/build
${packScript(ROOT, epoch)}
`;
}

/** Prints every package of the rpm database of /in/tree/rootfs.tar, with the digest of its header and its files' states. */
export function databaseScript(): string {
  return `
tar -C /build -xf /in/tree/rootfs.tar ./usr/lib/sysimage/rpm/rpmdb.sqlite
rpm --dbpath /build/usr/lib/sysimage/rpm -qa \\
  --qf '%{NAME} %{EVR} %{ARCH} %{SHA256HEADER} %{SIGMD5} %{INSTALLCOLOR} [%{FILESTATES}]\\n' | LC_ALL=C sort
`;
}
