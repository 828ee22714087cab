import type { Hardware } from '../probe/model.ts';
import { acpiTables } from './acpi-tables.ts';
import { clock } from './clock.ts';
import { controllers } from './controllers.ts';
import { deviceReset } from './device-reset.ts';
import { disks } from './disks.ts';
import { type Check, type Finding } from './finding.ts';
import { firmware } from './firmware.ts';
import { interruptRemapping } from './interrupt-remapping.ts';
import { iommu } from './iommu.ts';
import { iommuGroups } from './iommu-groups.ts';
import { keyboard } from './keyboard.ts';
import { memory } from './memory.ts';
import { slat } from './slat.ts';
import { tpm } from './tpm.ts';
import { virtualisation } from './virtualisation.ts';

/** Every check, in the order in which findings are shown. */
export const CHECKS: readonly Check[] = [
  virtualisation,
  slat,
  iommu,
  interruptRemapping,
  acpiTables,
  controllers,
  deviceReset,
  iommuGroups,
  memory,
  disks,
  firmware,
  tpm,
  keyboard,
  clock,
];

export function findingsOf(hardware: Hardware): readonly Finding[] {
  return CHECKS.flatMap((check) => check.run(hardware));
}

/** The findings that stop an installation, less those whose ids were named. */
export function blockers(findings: readonly Finding[], overrides: readonly string[]): readonly Finding[] {
  return findings.filter((finding) => finding.level === 'block' && !overrides.includes(finding.id));
}
