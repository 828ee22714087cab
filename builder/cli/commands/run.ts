import { parseBytes, MIB } from '../../../core/bytes.ts';
import { AppError } from '../../../core/errors.ts';
import type { Iommu } from '../../run/machine.ts';
import { defineCommand, type Command, type Context } from '../command.ts';

/** What the user wants started. */
export interface RunRequest {
  /** An ISO, a disk, or a template's `NAME.root.img.zst` with its kernel beside it. */
  readonly image: string;
  /** Further disks; one that does not exist is made, 64 GiB, growing as it is written. */
  readonly disks: readonly string[];
  readonly uefi: boolean;
  /** Only the serial console; no screen. */
  readonly serial: boolean;
  readonly kvm: boolean;
  readonly iommu: Iommu;
  readonly memoryMiB: number;
}

/** The command `run`, with what does the work. */
export function runCommand(run: (context: Context, request: RunRequest) => Promise<void>): Command {
  return defineCommand({
    name: 'run',
    summary: 'boot an ISO, a disk or a template in QEMU',
    details: [
      'QEMU and its firmware come from the recipe toolbox-qemu. The serial console is in this terminal: press s in the',
      'boot menu of a medium to use it, Ctrl-A x to end the machine. The screen is shown over VNC on this machine.',
    ].join('\n'),
    positionals: { name: 'IMAGE', min: 1, max: 1, complete: 'file' },
    options: {
      disk: {
        type: 'string',
        value: 'FILE',
        multiple: true,
        complete: 'file',
        help: 'add a disk; made when missing',
      },
      uefi: { type: 'boolean', help: 'start with UEFI firmware instead of a BIOS' },
      serial: { type: 'boolean', help: 'no screen, only the serial console' },
      'no-kvm': { type: 'boolean', help: 'emulate the processor even where KVM is usable' },
      iommu: { type: 'string', choices: ['none', 'amd', 'intel'], default: 'amd', help: 'virtual IOMMU' },
      memory: {
        type: 'string',
        value: 'SIZE',
        default: '4GiB',
        help: 'memory of the machine (default: 4GiB)',
      },
    },
    run: (context, { positionals: [image = ''], values }) =>
      run(context, {
        image,
        disks: values.disk,
        uefi: values.uefi,
        serial: values.serial,
        kvm: !values['no-kvm'],
        iommu: values.iommu,
        memoryMiB: memoryOf(values.memory),
      }),
  });
}

function memoryOf(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== undefined && bytes >= 256 * MIB) return Math.floor(bytes / MIB);
  throw new AppError({
    kind: 'usage',
    code: 'usage.memory',
    what: '--memory is no usable size',
    expected: 'at least 256MiB, like 4GiB',
    got: text,
  });
}
