import { digestOf, type Sha256 } from '../../../core/digest.ts';
import type { Artifact } from '../../graph/stage.ts';
import type { Store } from '../../store/store.ts';

/** Raised when chunks are cut or compressed in another way. */
const VERSION = 1;

/** Where the frame of a chunk lies in a compressed image. */
export interface Frame {
  /** SHA-256 of the chunk, uncompressed. */
  readonly chunk: Sha256;
  readonly offset: number;
  readonly size: number;
}

/** A compressed image of which frames can be taken. */
export interface FramedImage {
  readonly image: Artifact;
  readonly frames: readonly Frame[];
}

/** Under which the last image of this name is remembered; a frame depends on the zstd of the toolbox. */
function recordId(name: string, toolbox: Sha256): Sha256 {
  return digestOf({ kind: 'image-frames', version: VERSION, name, toolbox });
}

/** The last image of this name that was compressed by this toolbox, if it is still there. */
export async function formerImage(
  store: Store,
  name: string,
  toolbox: Sha256,
): Promise<FramedImage | undefined> {
  const record = await store.stage(recordId(name, toolbox));
  if (record === undefined) return undefined;
  const { image, index } = record.outputs as Readonly<Record<'image' | 'index', Artifact>>;
  const text = await store.read(index, `frames of an image of ${name}`);
  return { image, frames: JSON.parse(text.toString('utf8')) as Frame[] };
}

/** Remembers an image for the next one of its name. */
export async function rememberImage(
  store: Store,
  keepBytes: (bytes: Uint8Array) => Promise<Artifact>,
  { image, frames }: FramedImage,
  { name, toolbox }: { readonly name: string; readonly toolbox: Sha256 },
): Promise<void> {
  const index = await keepBytes(Buffer.from(JSON.stringify(frames)));
  await store.putStage(recordId(name, toolbox), { blobs: [image, index], outputs: { image, index } });
}
