import type { Command, Runner } from '../../core/ports.ts';
import type { Acceleration, QemuTools } from './machine.ts';
import { programIn } from './machine.ts';

/**
 * Milliseconds that a usable KVM gets. Real hardware needs a few hundred; a nested or software KVM was
 * measured at 4.5 s where emulation took 0.1 s, so a KVM that runs but crawls is refused too.
 */
const PROBE_LIMIT = 2_000;

/** What the boot sector makes QEMU exit with: the `isa-debug-exit` device doubles the value and adds 1. */
const PROBE_EXIT_CODE = 0x10 * 2 + 1;

/**
 * A boot sector that writes 0x10 to port 0xf4 and halts: the smallest guest that proves that
 * instructions run. `/dev/kvm` may exist and be refused, or accept everything and never run.
 */
export function probeBootSector(): Uint8Array {
  const sector = new Uint8Array(512);
  // mov al,0x10; out 0xf4,al; hlt; jmp back to hlt
  sector.set([0xb0, 0x10, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd]);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

/** Boots the sector at `sectorPath` with KVM. */
export function kvmProbe(tools: QemuTools, sectorPath: string): Command {
  return {
    argv: [
      ...programIn(tools, 'qemu-system-x86_64'),
      ...['-L', `${tools.root}/usr/share/qemu`, '-L', `${tools.root}/usr/share/seabios`],
      ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
      ...['-machine', 'pc', '-accel', 'kvm', '-m', '16'],
      ...['-drive', `if=ide,format=raw,readonly=off,snapshot=on,file=${sectorPath.replaceAll(',', ',,')}`],
      ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=0x01'],
    ],
    timeout: PROBE_LIMIT,
    accept: [PROBE_EXIT_CODE],
  };
}

/** Which acceleration to use: KVM only when a guest really ran to its end in it. */
export async function chooseAcceleration(
  run: Runner,
  tools: QemuTools,
  sectorPath: string,
): Promise<{ readonly acceleration: Acceleration; readonly reason: string }> {
  try {
    await run(kvmProbe(tools, sectorPath));
    return { acceleration: 'kvm', reason: 'KVM runs a guest on this machine' };
  } catch {
    return {
      acceleration: 'tcg',
      reason: `KVM did not run a probe guest within ${PROBE_LIMIT / 1000} s; emulating (slower, same results)`,
    };
  }
}
