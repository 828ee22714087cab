import { z } from 'zod';
import { answersSchema } from '../plan/answers.ts';
import type { Context, PlanHardware } from '../plan/context.ts';
import { identitySchema } from '../plan/identity.ts';

/**
 * What the journal keeps of a plan's input: enough to make the same plan again, and nothing that would
 * be executed as it stands. The disk is looked at anew.
 */
const hardwareSchema = z.object({
  firmware: z.object({ mode: z.enum(['uefi', 'bios']) }),
  memoryBytes: z.number().optional(),
  cpu: z.object({ vendor: z.enum(['intel', 'amd', 'other']) }),
});

const partitionSchema = z.object({
  path: z.string(),
  start: z.number().optional(),
  sizeBytes: z.number(),
  type: z.string().optional(),
  uuid: z.string().optional(),
});

export const journalInputSchema = z.strictObject({
  answers: answersSchema,
  identity: identitySchema,
  disk: z.strictObject({
    serial: z.string(),
    model: z.string(),
    sizeBytes: z.number(),
    logicalSector: z.number(),
    table: z.string().optional(),
    /** As they were before the installation: a kept partition is among them. */
    partitions: z.array(partitionSchema),
  }),
  hardware: hardwareSchema,
});
export type JournalInput = z.infer<typeof journalInputSchema>;

export function journalInput({ answers, identity, disk, hardware }: Context): JournalInput {
  return {
    answers,
    identity,
    disk: {
      serial: disk.serial,
      model: disk.model,
      sizeBytes: disk.sizeBytes,
      logicalSector: disk.logicalSector,
      table: disk.table,
      partitions: disk.partitions.map(({ path, start, sizeBytes, type, uuid }) => ({
        path,
        start,
        sizeBytes,
        type,
        uuid,
      })),
    },
    hardware: {
      firmware: { mode: hardware.firmware.mode },
      memoryBytes: hardware.memoryBytes,
      cpu: { vendor: hardware.cpu.vendor },
    },
  };
}

/** The hardware for a plan made again: what was decided stays, what the machine has now fills the rest. */
export function resumedHardware(stored: JournalInput['hardware'], now: PlanHardware): PlanHardware {
  return {
    ...now,
    memoryBytes: stored.memoryBytes,
    firmware: { ...now.firmware, mode: stored.firmware.mode },
    cpu: { ...now.cpu, vendor: stored.cpu.vendor },
  };
}
