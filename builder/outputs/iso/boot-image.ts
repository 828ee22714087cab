import { basename } from 'node:path';
import { openRandomAccess } from '../../../edge/random-access.ts';
import { biosBootImage } from '../../formats/iso9660.ts';

/** The image that a BIOS starts from, as it lies on the medium in a file: `size` bytes. */
export async function readBootImage(path: string, size: number): Promise<Uint8Array> {
  await using medium = await openRandomAccess(path);
  return await medium.read(await biosBootImage(medium, basename(path)), size);
}
