import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../../core/digest.ts';
import type { Artifact, StageContext } from '../../graph/stage.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { stageNeedsToolbox } from '../../stages/toolbox.ts';
import { runInToolbox } from '../run-in-toolbox.ts';
import { formerImage, rememberImage, type FramedImage } from './frame-index.ts';
import { joinFrames } from './join-frames.ts';
import { parseSegments, scanImage } from './scan.ts';

/** Prints the parts of a sparse file that are not holes, a `START END` line each. */
export function segmentsCommand(image: string, target: string): string {
  // SEEK_DATA and SEEK_HOLE, of which lseek(2) tells; "0 but true" is a place too.
  const program = String.raw`
open my $f, "<", $ARGV[0] or die "$ARGV[0]: $!\n";
for (my $end = 0; defined(my $start = sysseek $f, $end, 3);) {
  $end = sysseek $f, $start, 4;
  printf "%d %d\n", $start, $end;
}`;
  return `perl -e '${program}' ${image} >${target}`;
}

/** The last image of a name, with the path of its verified bytes. */
export interface FormerFrames {
  readonly toolbox: Sha256;
  readonly former: FramedImage | undefined;
  readonly source: string | undefined;
}

/** Looks for it and verifies it, which can be done while the new image is made. */
export async function findFormerFrames(
  { ports, toolbox: tools }: StageContext<unknown, BuildPorts>,
  name: string,
): Promise<FormerFrames> {
  const toolbox = stageNeedsToolbox(tools)['tree']?.sha256 as Sha256;
  const former = await formerImage(ports.store, name, toolbox);
  return {
    toolbox,
    former,
    source: former === undefined ? undefined : await ports.store.verified(former.image),
  };
}

/**
 * Compresses a disk image into zstd frames, one for each chunk of it. A frame is made of its chunk alone, so those
 * of the last image of this name that occur in this one are taken over: the same bytes as when they are made again.
 * Zeros are frames that are written without zstd. `segments`: a file that `segmentsCommand` has made.
 */
export async function compressImage(
  context: StageContext<unknown, BuildPorts>,
  image: {
    readonly name: string;
    readonly path: string;
    readonly segments: string;
    readonly former: Promise<FormerFrames>;
  },
): Promise<Artifact> {
  const { ports } = context;
  const { toolbox, former, source } = await image.former;
  const known = new Map(former?.frames.map((frame) => [frame.chunk, frame]));
  await using raw = await ports.scratch();
  await using made = await ports.scratch();
  const pieces = await scanImage(
    image.path,
    (await stat(image.path)).size,
    parseSegments(await readFile(image.segments, 'utf8')),
    { isKnown: (chunk) => known.has(chunk), directory: raw.path },
  );
  if (pieces.some((piece) => piece.kind === 'chunk' && !known.has(piece.sha256))) {
    await runInToolbox(context, {
      script: compressScript(ports.jobs),
      inputs: { chunks: raw.path },
      out: made.path,
    });
  }
  const target = join(raw.path, 'image');
  const { frames, extent } = joinFrames(pieces, { target, source, known, made: made.path });
  const result = { image: await ports.store.adopt(target, extent), frames };
  await rememberImage(ports.store, ports.keepBytes, result, { name: image.name, toolbox });
  return result.image;
}

/** A process for many chunks, several processes at a time. `--single-thread`: zstd's threads only cost here. */
function compressScript(jobs: number): string {
  const zstd = 'zstd -q -3 --check --single-thread --output-dir-flat /out';
  return `cd /in/chunks\nfind . -type f -print0 | xargs -0 -n 32 -P ${jobs} ${zstd} >&2`;
}
