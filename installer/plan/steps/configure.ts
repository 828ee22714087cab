import { TARGET, type Context } from '../context.ts';
import { systemFiles } from '../files.ts';
import { holds, run, write, type Action, type Step } from '../step.ts';

/** Files, time zone, user and boot loader of the new system. */
export function configureSteps(context: Context): Step[] {
  const { answers } = context;
  return [
    {
      id: 'configure',
      title: 'Configure the new system',
      apply: [
        ...systemFiles(context).map((file) => write(TARGET + file.path, file.text, file.mode)),
        run('ln', '-sfn', `/usr/share/zoneinfo/${answers.timezone}`, `${TARGET}/etc/localtime`),
        inside([0, 127], 'locale-gen'),
        inside([0, 1, 127], 'setupcon', '--save-only'),
      ],
      verify: [
        ...systemFiles(context).map((file) => holds('test', '-s', TARGET + file.path)),
        holds('test', '-e', `${TARGET}/usr/share/zoneinfo/${answers.timezone}`),
      ],
    },
    userStep(context),
    {
      id: 'initrd',
      title: 'Build the initrd with the keyboard layout and the way to the disk',
      apply: [inside([0], 'update-initramfs', '-u', '-k', 'all')],
      verify: [
        {
          argv: ['chroot', TARGET, 'lsinitramfs', '/initrd.img'],
          says: ['usr/lib/modules', ...(answers.storage.encryption === 'none' ? [] : ['cryptroot/crypttab'])],
        },
      ],
    },
    bootLoaderStep(context),
  ];
}

function userStep({ answers }: Context): Step {
  const { name } = answers.user;
  return {
    id: 'user',
    title: `Make the user ${name}`,
    apply: [
      // An interrupted run may have made the user: 9 says so.
      inside([0, 9], 'useradd', '-m', '-s', '/bin/bash', '-G', 'sudo', '-c', answers.user['full-name'], name),
      {
        do: 'run',
        argv: ['chroot', TARGET, 'chpasswd'],
        stdin: [`${name}:`, { secret: 'user-password' }, '\n'],
      },
      inside([0], 'passwd', '--lock', 'root'),
    ],
    verify: [
      holds('chroot', TARGET, 'id', '-u', name),
      { argv: ['chroot', TARGET, 'passwd', '--status', name], says: `${name} P` },
      { argv: ['chroot', TARGET, 'passwd', '--status', 'root'], says: 'root L' },
    ],
  };
}

/** Both loaders: the disk starts by BIOS and by UEFI, there also without an entry in the firmware. */
function bootLoaderStep({ disk, hardware }: Context): Step {
  const efi = ['grub-install', '--target=x86_64-efi', '--efi-directory=/boot/efi'];
  return {
    id: 'boot-loader',
    title: 'Install the boot loader',
    apply: [
      inside(
        [0],
        'dpkg-statoverride',
        '--force-all',
        '--update',
        '--add',
        'root',
        'root',
        '0644',
        LINUX_ENTRIES,
      ),
      inside([0], 'grub-install', '--target=i386-pc', disk.path),
      inside([0], ...efi, '--removable', '--no-nvram'),
      // A firmware that keeps no entry still finds the fallback path.
      ...(hardware.firmware.mode === 'uefi' ? [inside([0, 1], ...efi, '--bootloader-id=qubeforge')] : []),
      inside([0], 'update-grub'),
    ],
    verify: [
      holds('test', '-s', `${TARGET}/boot/efi/EFI/BOOT/BOOTX64.EFI`),
      { argv: ['cat', `${TARGET}/boot/grub/grub.cfg`], says: ['multiboot2', 'dom0_mem='] },
    ],
  };
}

/** Entries that start Linux without Xen would look like the system but have no qubes. */
const LINUX_ENTRIES = '/etc/grub.d/10_linux';

function inside(accept: readonly number[], ...argv: string[]): Action {
  return { do: 'run', argv: ['chroot', TARGET, ...argv], accept };
}
