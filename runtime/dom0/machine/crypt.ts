import { PATHS } from './paths.ts';
import type { Machine } from '../../../core/machine.ts';

/** Every mapping of ours begins with it; dom0's udev rules look into none of them. */
const PREFIX = 'qube.';
/** Bytes: aes-xts with two keys of 256 bits. */
const KEY_LENGTH = 64;
/** cryptsetup(8): the device does not exist. */
const NO_SUCH_DEVICE = 4;

/** dm-crypt layers of a qube's volumes. */
export interface Crypt {
  /** A layer whose key exists only in the kernel: after the stop the volume is noise. */
  readonly openEphemeral: (qube: string, device: string) => Promise<string>;
  /** Makes the private volume of a qube a LUKS2 one, under a random key of its own. */
  readonly format: (qube: string, device: string) => Promise<void>;
  readonly openPrivate: (qube: string, device: string) => Promise<string>;
  /** Takes both layers away; no failure when there are none. */
  readonly close: (qube: string) => Promise<void>;
  /** Destroys the key of a qube: what it encrypted is lost. */
  readonly destroyKey: (qube: string) => Promise<void>;
}

export function dmCrypt({ run, files }: Pick<Machine, 'run' | 'files'>): Crypt {
  const key = (qube: string): string => `${PATHS.keys}/${qube}.key`;
  const mapping = (qube: string, role: string): string => `${PREFIX}${qube}.${role}`;
  const closeOne = (name: string): Promise<unknown> =>
    run({ argv: ['cryptsetup', 'close', name], accept: [0, NO_SUCH_DEVICE] });
  const openPrivate = async (qube: string, device: string): Promise<string> => {
    const name = mapping(qube, 'private');
    await run({ argv: ['cryptsetup', 'open', '--allow-discards', '--key-file', key(qube), device, name] });
    return `/dev/mapper/${name}`;
  };
  return {
    openEphemeral: async (qube, device) => {
      const name = mapping(qube, 'volatile');
      const cipher = ['--cipher', 'aes-xts-plain64', '--key-size', '512', '--key-file', '/dev/urandom'];
      await run({
        argv: ['cryptsetup', 'open', '--batch-mode', '--type', 'plain', ...cipher, device, name],
      });
      return `/dev/mapper/${name}`;
    },
    format: async (qube, device) => {
      await files.createKey(key(qube), KEY_LENGTH);
      // The key is random already: stretching it would only cost time.
      const cheap = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--key-file', key(qube)];
      await run({ argv: ['cryptsetup', 'luksFormat', '-q', '--type', 'luks2', ...cheap, device] });
      // The guest takes a volume that begins with zeros for a fresh one; through the key it begins with noise.
      const opened = await openPrivate(qube, device);
      const zeros = ['if=/dev/zero', 'bs=1M', 'count=12', 'conv=fsync', 'status=none'];
      await run({ argv: ['dd', `of=${opened}`, ...zeros] });
      await closeOne(mapping(qube, 'private'));
    },
    openPrivate,
    close: async (qube) => {
      await closeOne(mapping(qube, 'volatile'));
      await closeOne(mapping(qube, 'private'));
    },
    destroyKey: (qube) => files.remove(key(qube)),
  };
}
