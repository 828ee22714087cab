/** What a medium says about itself: the signed `manifest.json` on it. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { formatBytes } from '../../core/bytes.ts';
import type { Section } from './sections.ts';
import { describeXen, xenFactsSchema } from './xen.ts';

const schema = z.object({
  format: z.literal('qubeforge-medium/1'),
  label: z.string(),
  xen: xenFactsSchema,
  /** Digest of each lock by recipe. */
  locks: z.record(z.string(), z.string()),
  images: z.array(z.object({ name: z.string(), kind: z.string(), path: z.string() })),
  files: z.array(z.object({ path: z.string(), size: z.int(), sha256: z.string() })),
});

export type MediumContent = z.infer<typeof schema>;

/** Reads the manifest of a medium. Throws `medium.manifest` (kind `verification`). */
export function parseMedium(text: string, where: string): MediumContent {
  let got: string;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    got = z.prettifyError(parsed.error);
  } catch (error) {
    got = error instanceof Error ? error.message : String(error);
  }
  const what = 'the list of what is on the medium cannot be read';
  throw new AppError({ kind: 'verification', code: 'medium.manifest', what, where, got });
}

/** What differs between two media, as sections. */
export function mediumSections(before: MediumContent, after: MediumContent): Section[] {
  const files = ({ files: list }: MediumContent): Map<string, string> =>
    new Map(list.map(({ path, size, sha256 }) => [path, `${formatBytes(size)} ${sha256}`]));
  return [
    {
      title: 'Hypervisor',
      columns: ['before', 'after'],
      rows: changed(new Map([['', describeXen(before.xen)]]), new Map([['', describeXen(after.xen)]])).map(
        (row) => row.slice(1),
      ),
    },
    {
      title: 'Locks',
      columns: ['recipe', 'before', 'after'],
      rows: changed(new Map(Object.entries(before.locks)), new Map(Object.entries(after.locks))),
    },
    {
      title: 'Files on the medium',
      columns: ['file', 'before', 'after'],
      rows: changed(files(before), files(after)),
    },
  ];
}

/** A row for each name whose value is another one. */
export function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[][] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const [from, to] = [before.get(name) ?? 'none', after.get(name) ?? 'none'];
    return from === to ? [] : [[name, from, to]];
  });
}
