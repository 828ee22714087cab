import type { RpmSourceFile } from '../../formats/rpm/files-write.ts';
import type { RpmDependency } from '../../formats/rpm/dependencies-write.ts';
import { parseRpmRelation } from '../../formats/rpm/relation.ts';
import { sysusersAccounts } from '../../formats/rpm/sysusers.ts';
import type { RpmSpec } from '../../formats/rpm/package-write.ts';
import { parseEvr } from '../../formats/rpm-version.ts';
import type { OwnOptionsOf } from './options.ts';

/**
 * An .rpm of ours. What lies in /etc is configuration that an update keeps; accounts are made by rpm out of the sysusers.d
 * files. There are no scriptlets: units are switched on by links, and Fedora's own triggers tell systemd and udev of new
 * files. `contents` are the bytes of `options.files`, in their order; `epoch` is in seconds since 1970.
 */
export function ownRpmSpec(
  options: OwnOptionsOf<'rpm'>,
  contents: readonly Uint8Array[],
  epoch: number,
): RpmSpec {
  const { name, architecture, description, license, requires, source } = options;
  const { version = '', release = '' } = parseEvr(options.version) ?? {};
  const files = options.files.map(({ target, mode }, index): RpmSourceFile => {
    const content = contents[index] ?? new Uint8Array();
    return { path: target, mode: parseInt(mode, 8), content, config: target.startsWith('/etc/') };
  });
  const links = options.links.map(({ path, to }): RpmSourceFile => ({ path, linkname: to }));
  const directories = options.directories.map((path): RpmSourceFile => {
    return { path, mode: 0o755, directory: true };
  });
  const accounts = options.files.flatMap(({ target }, index) =>
    SYSUSERS.test(target) ? [sysusersAccounts(Buffer.from(contents[index] ?? []).toString('utf8'))] : [],
  );
  const itself = (capability: string): RpmDependency => {
    return { name: capability, operator: '=', version: options.version };
  };
  return {
    ...{ name, version, release, architecture, license, epoch },
    summary: description,
    description: `${description}.\nBuilt by Qubeforge from sources with the SHA-256\n${source}.`,
    requires: [
      ...requires.flatMap((text) => parseRpmRelation(text) ?? []),
      ...accounts.flatMap((one) => one.requires),
    ],
    provides: [
      ...(architecture === 'noarch' ? [] : [itself(`${name}(x86-64)`)]),
      ...(files.some((file) => 'config' in file && file.config) ? [itself(`config(${name})`)] : []),
      ...accounts.flatMap((one) => one.provides),
    ],
    files: [...files, ...links, ...directories],
  };
}

const SYSUSERS = /^\/usr\/lib\/sysusers\.d\/[^/]+\.conf$/;
