import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fedoraRootfsStage } from '../../builder/stages/fedora/rootfs.ts';
import { epochOf } from '../../builder/cli/engine/families.ts';
import type { LockedRecipe } from '../../builder/cli/engine/plan.ts';
import type { Outputs } from '../../builder/graph/stage.ts';
import { appErrorOf } from '../support/only-app-errors.ts';
import { buildOwn, buildToolbox, type OwnBuilt } from '../support/mmdebstrap.ts';
import { fedoraProject, TEMPLATE_RECIPE, type FedoraProject } from '../support/fedora/project.ts';
import { RPMBUILD, RPM_SAYS, specOf } from '../support/fedora/rpmbuild.ts';

let fixture: FedoraProject;
let locked: LockedRecipe;
let own: OwnBuilt;

beforeAll(async () => {
  fixture = await fedoraProject();
  expect((await fixture.cli('lock', TEMPLATE_RECIPE)).error?.text).toBeUndefined();
  locked = await fixture.project.lock(TEMPLATE_RECIPE);
  own = await buildOwn(fixture.project, locked);
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

/** What a script prints in a toolbox, with files of the store below /in/files. */
async function inToolbox(
  files: Outputs,
  script: string,
  more: { readonly toolbox?: Outputs; readonly files?: Record<string, string>; readonly out?: string } = {},
): Promise<string> {
  const { ports } = fixture.project.session;
  await using linked = await ports.linkNamed(files);
  const { stdout } = await ports.sandbox({
    toolbox: await ports.toolboxTree(more.toolbox ?? fixture.toolbox),
    script,
    inputs: { files: linked.path },
    ...(more.files !== undefined && { files: more.files }),
    ...(more.out !== undefined && { out: more.out }),
    env: { SOURCE_DATE_EPOCH: String(epochOf(locked)) },
  });
  return stdout;
}

const definition = (): LockedRecipe['loaded']['ownPackages'][number]['definition'] =>
  locked.loaded.ownPackages[0]!.definition;
const rpm = (): Outputs => ({ 'own.rpm': own.refs[0]! });

describe('the guest parts as an .rpm', () => {
  it('are a package whose digests rpmkeys finds right', async () => {
    const text = await inToolbox(
      rpm(),
      'rpmkeys --checksig --verbose --define "_pkgverify_level digest" /in/files/own.rpm',
    );
    expect(
      text
        .split('\n')
        .slice(1)
        .map((line) => line.trim()),
    ).toEqual([...['Header SHA256 digest: OK', 'Header SHA1 digest: OK', 'Payload SHA256 digest: OK', '']]);
  });

  it('are what rpmbuild makes of the same files and words', async () => {
    const spec = specOf(definition(), own.refs[0]!.version);
    const text = await inToolbox(
      rpm(),
      `${RPMBUILD}${RPM_SAYS}\nsays /in/files/own.rpm\necho =====\nsays /build/theirs.rpm`,
      { files: { 'own.spec': spec } },
    );
    const [ours = '', theirs = ''] = text.split('=====\n');
    console.log(ours);
    expect(ours.trim().split('\n')).toEqual(theirs.trim().split('\n'));
    expect(ours).toContain('requires libc.so.6(GLIBC_2.38)(64bit)\n');
    expect(ours).toContain('provides user(user) = ');
  });

  it('have a program that asks of the C library what the package requires, and of no other library', async () => {
    const compiler = await buildToolbox(
      fixture.project.session,
      await fixture.project.lock('toolbox-compiler'),
    );
    await using out = await fixture.project.session.ports.scratch();
    await inToolbox(rpm(), 'rpm2archive --nocompression - </in/files/own.rpm | tar -C /out -x', {
      out: out.path,
    });
    const { ports } = fixture.project.session;
    const { stdout } = await ports.sandbox({
      toolbox: await ports.toolboxTree(compiler),
      script: 'objdump -p /in/tree/usr/lib/qubeforge/qubeforge-vchan',
      inputs: { tree: out.path },
    });
    expect([...stdout.matchAll(/NEEDED +(\S+)/g)].map(([, name]) => name)).toEqual(['libc.so.6']);
    const versions = [...stdout.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
    expect(definition().fedora?.requires).toContain(`libc.so.6(GLIBC_2.${Math.max(...versions)})(64bit)`);
  });
});

describe('a template of the Fedora family', () => {
  let rootfs: Outputs[string];

  beforeAll(async () => {
    rootfs = await treeOf(() => true);
  });

  /** The tree of the template's packages, or of those whose names pass. */
  async function treeOf(isIn: (name: string) => boolean): Promise<Outputs[string]> {
    const { session } = fixture.project;
    const outputs = await fedoraRootfsStage.run({
      id: 'test' as never,
      options: { packages: locked.lock.packages.filter(({ name }) => isIn(name)), own: own.refs, files: [] },
      inputs: own.inputs,
      toolbox: fixture.toolbox,
      epoch: epochOf(locked),
      ...session.context,
      ports: session.ports,
    });
    return outputs['rootfs']!;
  }

  const UNPACK = `
mkdir /build/root
tar -C /build/root -x -p --numeric-owner -f /in/files/rootfs.tar
mount -t proc proc /build/root/proc
mount --rbind /dev /build/root/dev
inside() { chroot /build/root /usr/bin/env PATH=/usr/sbin:/usr/bin "$@"; }
database() { rpm --root /build/root --dbpath /usr/lib/sysimage/rpm "$@"; }
`;

  it('has the package in its database, whole, and no directory of it without an owner', async () => {
    const directories = new Set(
      definition().files.flatMap(({ target }) => {
        const parts = target.split('/').slice(1, -1);
        return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
      }),
    );
    const text = await inToolbox(
      { 'rootfs.tar': rootfs },
      `${UNPACK}
database -q qubeforge-guest
database --verify qubeforge-guest && echo verified
database -qf ${[...directories].join(' ')} >/dev/null && echo owned
inside getent passwd user
`,
    );
    expect(text).toBe(
      `qubeforge-guest-${own.refs[0]!.version}.x86_64\nverified\nowned\nuser:x:1000:1000:User of this qube:/home/user:/bin/bash\n`,
    );
  });

  it('has every program that the scripts start, and starts the one that answers dom0', async () => {
    const programs =
      'bash blkid chown cp cut fsck.ext4 getent grep head id ip ln mkfs.ext4 mkswap modprobe mount mountpoint mv nft ' +
      'resize2fs runuser sed sha256sum sleep swapon systemctl tr xenstore-list xenstore-read xenstore-rm ' +
      'xenstore-watch xenstore-write xl';
    const text = await inToolbox(
      { 'rootfs.tar': rootfs },
      `${UNPACK}
inside sh -c 'readlink -f /proc/$$/exe; for one in ${programs}; do command -v $one >/dev/null || echo "no $one"; done'
inside sh -c '/usr/lib/qubeforge/qubeforge-vchan guest 2>&1 || echo "ended with $?"'
`,
    );
    expect(text).toMatch(/^\/usr\/bin\/bash\n\/dev\/xen\/xenbus cannot be opened: .*\nended with 1\n$/);
  });

  it('is refused without a package that the guest parts need', async () => {
    const error = await appErrorOf(() => treeOf((name) => name !== 'nftables'));
    expect(error).toMatchObject({ code: 'own-package.dependency', kind: 'recipe', expected: 'nftables' });
    expect(error.where).toBe('qubeforge-guest');
  });
});

describe('a recipe that asks for what no repository has', () => {
  it('is not locked, in the words of dnf', async () => {
    const { root } = fixture.project;
    const path = join(root, 'runtime', 'guest', 'package.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('    - xen-runtime\n', '    - xen-runtime >= 99\n'));
    const outcome = await fixture.cli('lock', TEMPLATE_RECIPE);
    await writeFile(path, text);
    expect(outcome).toMatchObject({ code: 2, error: { kind: 'recipe', code: 'resolve.dnf' } });
    expect(outcome.error?.text).toContain('nothing provides xen-runtime >= 99 needed by qubeforge-guest');
  });
});
