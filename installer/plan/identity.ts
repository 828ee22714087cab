import { z } from 'zod';

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** Every random name of an installation, drawn once: the same plan again after a power cut. */
export const identitySchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  disk: uuid,
  partitions: z.array(uuid).length(4),
  esp: z.string().regex(/^[0-9A-F]{8}$/),
  boot: uuid,
  luks: uuid,
  root: uuid,
  swap: uuid,
  pool: uuid,
});
export type Identity = z.infer<typeof identitySchema>;

/** Draws an identity. `randomUuid` gives version 4 UUIDs (RFC 9562). */
export function drawIdentity(randomUuid: () => string): Identity {
  const hex = (): string => randomUuid().slice(0, 8);
  return {
    id: hex(),
    disk: randomUuid(),
    partitions: [randomUuid(), randomUuid(), randomUuid(), randomUuid()],
    esp: hex().toUpperCase(),
    boot: randomUuid(),
    luks: randomUuid(),
    root: randomUuid(),
    swap: randomUuid(),
    pool: randomUuid(),
  };
}

/** Two installations of the same system can be in one machine, so nothing has a fixed name. */
export function volumeGroup(identity: Identity): string {
  return `qubeforge_${identity.id}`;
}

export function luksLabel(identity: Identity): string {
  return `CRYPT-${identity.id}`;
}

/** The name below /dev/mapper. */
export function mapping(identity: Identity): string {
  return `qubeforge-${identity.id}`;
}
