import { answersFile } from './print-answers.ts';
import { bootFiles } from './boot.ts';
import { type Context } from './context.ts';
import { luksLabel, mapping } from './identity.ts';
import { qubesFile } from './qubes.ts';
import { POOL_CHECK } from './volumes.ts';

/** A file of the new system. */
export interface SystemFile {
  /** Path on the new system. */
  readonly path: string;
  readonly text: string;
  readonly mode?: number;
}

const HEAD = '# Written by the Qubeforge installer.\n';

/** Every file that the installer writes but those of the first start; nothing in them is secret. */
export function systemFiles(context: Context): readonly SystemFile[] {
  const { answers } = context;
  return [
    { path: '/etc/fstab', text: fstab(context) },
    { path: '/etc/crypttab', text: crypttab(context) },
    { path: '/etc/hostname', text: `${answers.hostname}\n` },
    { path: '/etc/hosts', text: `127.0.0.1 localhost\n127.0.1.1 ${answers.hostname}\n::1 localhost\n` },
    { path: '/etc/default/keyboard', text: keyboard(context) },
    { path: '/etc/initramfs-tools/conf.d/qubeforge', text: `${HEAD}KEYMAP=y\nRESUME=none\nUMASK=0077\n` },
    { path: '/etc/default/locale', text: `LANG=${answers.language}\n` },
    { path: '/etc/locale.gen', text: `${answers.language} UTF-8\n` },
    { path: '/etc/timezone', text: `${answers.timezone}\n` },
    { path: '/etc/lvm/lvmlocal.conf', text: LVM },
    ...bootFiles(context),
    { path: '/etc/qubeforge/answers.yaml', text: answersFile(context), mode: 0o600 },
    ...(answers.qubes.set === 'none'
      ? []
      : [{ path: '/etc/qubeforge/qubes.yaml', text: qubesFile(context) }]),
  ];
}

/** Thin pools are usable after a power cut, and grow before they are full: a full pool stops every qube on it. */
const LVM = `${HEAD}global {
\tthin_check_options = ${POOL_CHECK}
}
activation {
\tthin_pool_autoextend_threshold = 80
\tthin_pool_autoextend_percent = 10
}
`;

/** fstab(5). */
export function fstab({ answers, identity, partitions }: Context): string {
  const discard = answers.storage.discard ? ',discard' : '';
  const esp = partitions.find((one) => one.role === 'esp');
  const espName = esp?.kept === undefined ? `UUID=${dashed(identity.esp)}` : `PARTUUID=${esp.kept}`;
  const lines = [
    ['# file system', 'mount point', 'type', 'options', 'dump', 'pass'],
    [`UUID=${identity.root}`, '/', 'ext4', `errors=remount-ro${discard}`, '0', '1'],
    [`UUID=${identity.boot}`, '/boot', 'ext4', `nodev,nosuid${discard}`, '0', '2'],
    [espName, '/boot/efi', 'vfat', `umask=0077,nodev,nosuid${discard}`, '0', '2'],
    [`UUID=${identity.swap}`, 'none', 'swap', `sw${discard}`, '0', '0'],
  ];
  if (answers.storage.scheme === 'btrfs') {
    lines.push([`UUID=${identity.pool}`, POOL_DIRECTORY, 'btrfs', `noatime${discard}`, '0', '0']);
  }
  return `${HEAD}${lines.map((line) => line.join(' ')).join('\n')}\n`;
}

/** Where the qubes of a btrfs installation lie. */
export const POOL_DIRECTORY = '/var/lib/qubeforge/pool';

/** A FAT volume id as blkid prints it. */
export function dashed(volumeId: string): string {
  return `${volumeId.slice(0, 4)}-${volumeId.slice(4)}`;
}

/** crypttab(5); `initramfs` takes it into the initrd whatever the root device looks like. */
export function crypttab({ answers, identity }: Context): string {
  if (answers.storage.encryption === 'none') return HEAD;
  const options = [
    'luks',
    'initramfs',
    ...(answers.storage.discard ? ['discard'] : []),
    ...(answers.storage.header === undefined ? [] : [`header=${answers.storage.header}`]),
  ];
  const source =
    answers.storage.header === undefined
      ? `UUID=${identity.luks}`
      : `PARTUUID=${identity.partitions[3] ?? ''}`;
  return `${HEAD}# ${luksLabel(identity)}\n${mapping(identity)} ${source} none ${options.join(',')}\n`;
}

/** keyboard(5) of console-setup: the initrd asks for the passphrase under the same layout. */
function keyboard({ answers }: Context): string {
  const { layout, variant } = answers.keyboard;
  return `${HEAD}XKBMODEL="pc105"\nXKBLAYOUT="${layout}"\nXKBVARIANT="${variant}"\nXKBOPTIONS=""\nBACKSPACE="guess"\n`;
}
