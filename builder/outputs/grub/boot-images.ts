import { join } from 'node:path';
import { defineStage, type Outputs } from '../../graph/stage.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { runInToolbox } from '../run-in-toolbox.ts';
import { efiEarlyConfig } from './medium-config.ts';

export interface BootImagesOptions {
  /** Volume label of the medium. */
  readonly label: string;
}

/** GRUB modules of the medium, for both firmwares: all are in the images, none is loaded from the medium. */
const MODULES = [
  ...['iso9660', 'part_msdos', 'part_gpt', 'fat', 'search', 'search_label'],
  ...['normal', 'configfile', 'minicmd', 'test', 'echo', 'ls', 'cat', 'reboot', 'halt', 'sleep'],
  ...['linux', 'multiboot2', 'gzio', 'serial', 'terminal', 'all_video', 'gfxterm', 'font'],
];

/** Bytes of the EFI system partition: GRUB's image is half a MiB. */
const ESP_KIB = 4096;

/**
 * GRUB for both firmwares: `bios.img` for El Torito and the hybrid MBR, `esp.img`, an EFI system partition
 * with GRUB as `EFI/BOOT/BOOTX64.EFI` (UEFI 2.10 §3.5.1.1), and `mbr.img`, the boot sector of the hybrid.
 */
export const bootImagesStage = defineStage<BootImagesOptions, BuildPorts>({
  name: 'boot-images',
  version: 1,
  async run(context): Promise<Outputs> {
    const { ports, options, epoch } = context;
    await using out = await ports.scratch();
    await runInToolbox(context, {
      script: bootImagesScript(epoch),
      files: { 'early.cfg': efiEarlyConfig(options.label) },
      out: out.path,
    });
    return {
      bios: await ports.keep(join(out.path, 'bios.img')),
      esp: await ports.keep(join(out.path, 'esp.img')),
      mbr: await ports.keep(join(out.path, 'mbr.img')),
    };
  },
});

function bootImagesScript(epoch: number): string {
  const modules = MODULES.join(' ');
  // FAT keeps a volume number; any fixed one does.
  const volume = (epoch % 2 ** 32).toString(16).padStart(8, '0');
  return `
grub-mkimage -O i386-pc-eltorito -p /boot/grub -o /out/bios.img biosdisk ${modules}
cp /usr/lib/grub/i386-pc/boot_hybrid.img /out/mbr.img
mkdir -p /build/EFI/BOOT
grub-mkimage -O x86_64-efi -p /boot/grub -c /job/early.cfg -o /build/EFI/BOOT/BOOTX64.EFI efi_gop ${modules}
touch -d @${epoch} /build/EFI/BOOT/BOOTX64.EFI
mkfs.fat --invariant -i ${volume} -n QUBEFORGE -C /out/esp.img ${ESP_KIB} >&2
mmd -i /out/esp.img ::/EFI ::/EFI/BOOT
mcopy -m -i /out/esp.img /build/EFI/BOOT/BOOTX64.EFI ::/EFI/BOOT/
`;
}
