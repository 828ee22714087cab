import { z } from 'zod';
import { type Disk, type Partition } from './model.ts';
import { usbControllerOf } from './pci.ts';
import { type Source, readText } from './source.ts';

const COLUMNS = [
  'NAME,PATH,TYPE,SIZE,MODEL,SERIAL,TRAN,RO,RM,ROTA,LOG-SEC,PTTYPE,FSTYPE,LABEL,PARTTYPE,PARTLABEL,PARTUUID',
  'MOUNTPOINTS',
].join(',');

export const LSBLK = ['lsblk', '--json', '--bytes', '--output', COLUMNS] as const;

const text = z
  .string()
  .nullish()
  .transform((value) => value?.trim() ?? '');

const Node = z.object({
  name: z.string(),
  path: z.string(),
  type: z.string(),
  size: z.coerce.number(),
  model: text,
  serial: text,
  tran: text,
  ro: z.coerce.boolean(),
  rm: z.coerce.boolean(),
  rota: z.coerce.boolean(),
  'log-sec': z.coerce.number(),
  pttype: text,
  fstype: text,
  label: text,
  parttype: text,
  partlabel: text,
  partuuid: text,
  mountpoints: z.array(z.string().nullable()).nullish(),
  get children() {
    return z.array(Node).nullish();
  },
});
type Node = z.infer<typeof Node>;

const Listing = z.object({ blockdevices: z.array(Node) });

/** Every disk of the machine. Loop devices, RAM disks, optical drives and empty readers are none. */
export async function probeDisks(source: Source): Promise<readonly Disk[]> {
  const output = await source.run(LSBLK);
  if (output === undefined) return [];
  const nodes = parseListing(output).filter(
    (node) => node.type === 'disk' && node.size > 0 && !/^(zram|ram|loop|nbd|fd)\d+$/.test(node.name),
  );
  return Promise.all(nodes.map((node) => disk(source, node)));
}

function parseListing(output: string): readonly Node[] {
  try {
    const parsed = Listing.safeParse(JSON.parse(output));
    return parsed.success ? parsed.data.blockdevices : [];
  } catch {
    return [];
  }
}

async function disk(source: Source, node: Node): Promise<Disk> {
  const sysfs = `/sys/block/${node.name.replaceAll('/', '!')}`;
  const serial =
    node.serial ||
    ((await readText(source, `${sysfs}/serial`)) ?? (await readText(source, `${sysfs}/device/serial`)) ?? '');
  const children = node.children ?? [];
  const below = descendants(node);
  return {
    path: node.path,
    model: node.model,
    serial,
    sizeBytes: node.size,
    logicalSector: node['log-sec'] || 512,
    transport: node.tran || (node.name.startsWith('vd') ? 'virtio' : ''),
    rotational: node.rota,
    removable: node.rm,
    readOnly: node.ro,
    usbController: usbControllerOf(await source.real(sysfs)),
    table: node.pttype || undefined,
    content: node.fstype || undefined,
    partitions: await Promise.all(
      children.filter((child) => child.type === 'part').map((child) => partition(source, child)),
    ),
    inUse: below.some(isOpen),
    systems: [...new Set(below.flatMap(recognise))],
  };
}

/** sysfs counts in units of 512 bytes, whatever the sectors are. */
async function partition(source: Source, node: Node): Promise<Partition> {
  const start = await readText(source, `/sys/class/block/${node.name}/start`);
  return {
    path: node.path,
    start: start === undefined ? undefined : Number(start) * 512,
    sizeBytes: node.size,
    type: node.parttype || undefined,
    content: node.fstype || undefined,
    label: node.label || node.partlabel || undefined,
    uuid: node.partuuid || undefined,
  };
}

function descendants(node: Node): Node[] {
  return [node, ...(node.children ?? []).flatMap(descendants)];
}

function isOpen(node: Node): boolean {
  const mounted = (node.mountpoints ?? []).some((place) => place !== null && place !== '');
  return mounted || ['crypt', 'lvm', 'raid1', 'raid0', 'mpath'].includes(node.type);
}

const ESP_TYPE = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
const WINDOWS_RESERVED_TYPE = 'e3c9e316-0b5c-4db8-817d-f92df00215ae';

/** What a partition gives away without being opened. */
function recognise(node: Node): string[] {
  const found: string[] = [];
  if (node.parttype.toLowerCase() === WINDOWS_RESERVED_TYPE) found.push('Windows');
  if (node.parttype.toLowerCase() === ESP_TYPE) found.push('EFI system partition');
  if (node.fstype === 'BitLocker') found.push('BitLocker');
  if (node.fstype === 'apfs' || node.fstype === 'hfsplus') found.push('macOS');
  if (node.fstype === 'LVM2_member') found.push('LVM');
  if (node.fstype.endsWith('_raid_member')) found.push('software RAID');
  if (node.fstype === 'crypto_LUKS') {
    found.push(
      node.label.startsWith('CRYPT-') ? 'an encrypted Qubeforge installation' : 'encrypted data (LUKS)',
    );
  }
  if (['ext4', 'btrfs', 'xfs', 'ntfs', 'zfs_member'].includes(node.fstype)) {
    found.push(`${node.fstype}${node.label === '' ? '' : ` "${node.label}"`}`);
  }
  return found;
}
