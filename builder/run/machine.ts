/** Where QEMU, its ROMs and OVMF lie: an unpacked Debian root that has `qemu-system-x86` and `ovmf`. */
export interface QemuTools {
  readonly root: string;
}

export interface Disk {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  /** How the disk is attached; default `virtio`. `usb` makes it a stick; `none` keeps it from the machine. */
  readonly bus?: 'virtio' | 'sata' | 'usb' | 'cdrom' | 'none';
  /** What `lsblk -o SERIAL` shows in the machine. */
  readonly serial?: string;
  readonly readOnly?: boolean;
  /** Position in the boot order, from 0; left out, the firmware decides. */
  readonly bootIndex?: number;
}

/** UEFI firmware: OVMF's code comes from the tools, the variables are a file of this machine's own. */
export interface UefiVariables {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
}

/** A kernel started without a boot loader, as templates are. */
export interface DirectKernel {
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
}

export type Iommu = 'none' | 'amd' | 'intel';
export type Acceleration = 'kvm' | 'tcg';

/** A machine, as data. Character devices are given in QEMU's own syntax, without the `id=`. */
export interface MachineSpec {
  readonly memoryMiB: number;
  readonly acceleration: Acceleration;
  /** Virtual processors; under TCG one is the stable choice for Xen. */
  readonly processors: number;
  readonly iommu: Iommu;
  /** Changes to the processor's features in QEMU's syntax, for example `-svm`. */
  readonly features?: readonly string[];
  readonly uefi?: UefiVariables;
  readonly disks: readonly Disk[];
  readonly kernel?: DirectKernel;
  /** First serial port (`ttyS0`, Xen's `com1`). */
  readonly serial: string;
  /** Virtio console (`/dev/hvc0`, under Xen `/dev/hvc1`); left out, there is none. */
  readonly console?: string;
  /** QEMU's control protocol; left out, there is none. */
  readonly control?: string;
  /** Further `-device` values, for example a network card that should be kept from dom0. */
  readonly devices?: readonly string[];
  /** `-netdev` values: the emulated networks that cards among `devices` are plugged into. */
  readonly networks?: readonly string[];
  /** Ctrl-A in the first serial port reaches QEMU's monitor; its character device has `mux=on` then. */
  readonly monitorOnSerial?: boolean;
  /** A screen, shown over VNC on 127.0.0.1; default is none. */
  readonly vncDisplay?: number;
  /** Name of a state saved in the first qcow2 disk, to start from. */
  readonly restore?: string;
}

/**
 * The processor under TCG, all found by elimination with Xen 4.20 and Linux 6.12: PVH guests crash with
 * RDTSCP, `xl` corrupts its heap with XSAVE and crashes in `xl destroy` with FSGSBASE. Without XSAVE there is no AVX
 * for a kernel to use, yet QEMU goes on to show it: Linux without Xen then crashes in the self-tests of aesni_intel, and
 * dm-crypt waits for these in vain.
 */
const TCG_PROCESSOR = 'max,-fsgsbase,-rdtscp,-xsave,-avx,-avx2';

/**
 * MiB of translated code that QEMU keeps under TCG; its own choice would be 1 GiB. Xen with a few qubes fills 130 MiB a minute,
 * and to find one of a million translations costs more than to make again, every few minutes, those that are in use (docs/adr/0237).
 */
const TCG_CACHE = 256;

/** What QEMU's environment must hold besides: its tables of translations lie in huge pages where the host has such. */
export const QEMU_ENVIRONMENT = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' } as const;

/** The argument vector that starts a machine. QEMU runs by its own root's loader, so the host's libraries do not matter. */
export function qemuArgv(tools: QemuTools, spec: MachineSpec): [string, ...string[]] {
  return [
    ...programIn(tools, 'qemu-system-x86_64'),
    ...['-L', `${tools.root}/usr/share/qemu`, '-L', `${tools.root}/usr/share/seabios`],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-msg', 'timestamp=off'],
    ...processor(spec),
    ...['-m', String(spec.memoryMiB), '-nic', 'none'],
    ...(spec.vncDisplay === undefined
      ? ['-vga', 'none', '-display', 'none']
      : ['-vga', 'std', '-display', `vnc=127.0.0.1:${spec.vncDisplay}`]),
    ...firmware(tools, spec.uefi),
    ...iommu(spec.iommu),
    ...['-device', 'virtio-rng-pci'],
    ...channels(spec),
    ...(spec.kernel === undefined ? [] : directKernel(spec.kernel)),
    ...spec.disks.flatMap(disk),
    ...(spec.networks ?? []).flatMap((network) => ['-netdev', network]),
    ...(spec.devices ?? []).flatMap((device) => ['-device', device]),
    ...(spec.restore === undefined ? [] : ['-loadvm', spec.restore]),
  ];
}

/** A program of the tools' root, started by that root's own loader and libraries. */
export function programIn(tools: QemuTools, name: string): [string, ...string[]] {
  const libraries = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu/pulseaudio', '/usr/lib'];
  return [
    `${tools.root}/usr/lib64/ld-linux-x86-64.so.2`,
    '--library-path',
    libraries.map((path) => tools.root + path).join(':'),
    `${tools.root}/usr/bin/${name}`,
  ];
}

/** OVMF's template for a machine's variables, to be copied before the first start. */
export function uefiVariablesTemplate(tools: QemuTools): string {
  return `${tools.root}/usr/share/OVMF/OVMF_VARS_4M.fd`;
}

function processor(spec: MachineSpec): string[] {
  // Interrupt remapping of the Intel model needs the split interrupt controller.
  const machine = spec.acceleration === 'kvm' && spec.iommu !== 'none' ? 'q35,kernel-irqchip=split' : 'q35';
  return [
    ...['-machine', machine],
    ...['-accel', spec.acceleration === 'kvm' ? 'kvm' : `tcg,thread=multi,tb-size=${TCG_CACHE}`],
    ...['-cpu', [spec.acceleration === 'kvm' ? 'host' : TCG_PROCESSOR, ...(spec.features ?? [])].join(',')],
    ...['-smp', spec.acceleration === 'kvm' ? String(spec.processors) : withPlaceForMore(spec.processors)],
  ];
}

/**
 * With no place for a second processor, TCG leaves the LOCK prefix away, and with it the barrier by which a virtio
 * driver and a device in another thread agree whether an interrupt is due; a disk was seen to fall silent (docs/adr/0239).
 */
function withPlaceForMore(processors: number): string {
  return `${processors},maxcpus=${Math.max(2, processors)}`;
}

function firmware(tools: QemuTools, variables: UefiVariables | undefined): string[] {
  if (variables === undefined) return [];
  const code = `${tools.root}/usr/share/OVMF/OVMF_CODE_4M.fd`;
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${escapeComma(code)}`],
    ...['-drive', `if=pflash,unit=1,format=${variables.format},file=${escapeComma(variables.path)}`],
  ];
}

function iommu(kind: Iommu): string[] {
  return kind === 'none' ? [] : ['-device', `${kind}-iommu,intremap=on`];
}

function channels(spec: MachineSpec): string[] {
  const virtio =
    spec.console === undefined
      ? []
      : [
          ...['-chardev', withId(spec.console, 'console0')],
          ...['-device', 'virtio-serial-pci', '-device', 'virtconsole,chardev=console0'],
        ];
  const control =
    spec.control === undefined
      ? []
      : ['-chardev', withId(spec.control, 'control0'), '-mon', 'chardev=control0,mode=control'];
  const monitor = spec.monitorOnSerial === true ? ['-mon', 'chardev=serial0,mode=readline'] : [];
  const serial = ['-chardev', withId(spec.serial, 'serial0'), '-serial', 'chardev:serial0'];
  return [...serial, ...monitor, ...virtio, ...control];
}

/** QEMU wants the id after the kind: `socket,id=serial0,path=…`. */
function withId(chardev: string, id: string): string {
  const [kind, ...rest] = chardev.split(',');
  return [kind, `id=${id}`, ...rest].join(',');
}

function directKernel(kernel: DirectKernel): string[] {
  return ['-kernel', kernel.kernel, '-initrd', kernel.initrd, '-append', kernel.commandLine];
}

function disk(spec: Disk, index: number): string[] {
  const id = `disk${index}`;
  const readOnly = spec.readOnly === true || spec.bus === 'cdrom' ? ',readonly=on' : '';
  // The host's cache may lose data when the host dies: these machines are thrown away.
  const drive = `if=none,id=${id},format=${spec.format},cache=unsafe,discard=unmap${readOnly},file=${escapeComma(spec.path)}`;
  const serial = spec.serial === undefined ? '' : `,serial=${spec.serial}`;
  const boot = spec.bootIndex === undefined ? '' : `,bootindex=${spec.bootIndex}`;
  return ['-drive', drive, ...deviceFor(spec.bus ?? 'virtio', id, index, serial + boot)];
}

function deviceFor(bus: NonNullable<Disk['bus']>, id: string, index: number, rest: string): string[] {
  switch (bus) {
    case 'none':
      return [];
    case 'virtio':
      return ['-device', `virtio-blk-pci,drive=${id}${rest}`];
    case 'sata':
      return ['-device', `ide-hd,drive=${id},bus=ide.${index}${rest}`];
    case 'cdrom':
      return ['-device', `ide-cd,drive=${id},bus=ide.${index}${rest}`];
    case 'usb':
      return [
        ...['-device', `qemu-xhci,id=usb${index}`],
        ...['-device', `usb-storage,drive=${id},bus=usb${index}.0${rest}`],
      ];
  }
}

/** In QEMU's option lists a comma in a value is written twice. */
function escapeComma(path: string): string {
  return path.replaceAll(',', ',,');
}
