import type { DebFile, DebSpec } from '../../formats/deb-write.ts';
import type { OwnOptionsOf } from './options.ts';

/** The control field that names the digest of the sources. */
export const SOURCE_FIELD = 'Qubeforge-Sources';

/**
 * A .deb of ours. What lies in /etc is a conffile (Debian Policy §10.7), so that an upgrade keeps what a user
 * changed. `contents` are the bytes of `options.files`, in their order; `epoch` is in seconds since 1970.
 */
export function ownDebSpec(
  options: OwnOptionsOf<'deb'>,
  contents: readonly Uint8Array[],
  epoch: number,
): DebSpec {
  const { name, version, architecture, section, description, depends, source } = options;
  const files = options.files.map(({ target, mode }, index): DebFile => {
    return { path: target.slice(1), mode: parseInt(mode, 8), content: contents[index] ?? new Uint8Array() };
  });
  const links = options.links.map(({ path, to }): DebFile => ({ path: path.slice(1), linkname: to }));
  const conffiles = options.files
    .map(({ target }) => target)
    .filter((target) => target.startsWith('/etc/'))
    .sort();
  return {
    control: [
      ['Package', name],
      ['Version', version],
      ['Architecture', architecture],
      ['Maintainer', 'Qubeforge <packages@qubeforge.invalid>'],
      ...(depends.length === 0 ? [] : [['Depends', depends.join(', ')] as const]),
      ['Section', section],
      ['Priority', 'optional'],
      [SOURCE_FIELD, source],
      ['Description', description],
    ],
    ...(conffiles.length === 0 ? {} : { conffiles }),
    files: [...files, ...links],
    epoch,
  };
}
