import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { program } from '../../../runtime/dom0/cli/program.ts';
import { REFUSING } from '../../support/refusing-machine.ts';
import { BODY_LINE, BROKEN, HEAD } from '../../support/broken-qubes.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

async function check(file: string): Promise<{ readonly out: string; readonly code: number }> {
  let out = '';
  const code = await program(['check', '--no-machine', '--file', file], REFUSING, {
    out: (text) => (out += text),
    err: (text) => (out += text),
  });
  return { out, code };
}

/** Those that the file alone shows to be broken. */
const ALONE = BROKEN.filter(({ pci }) => pci === undefined);

describe('qube check, of a file on disk', () => {
  it.each(ALONE)(
    'names file, line and remedy where $rule is broken ($lines)',
    async ({ rule, body, lines }) => {
      await using folder = await temporaryDirectory();
      const file = join(folder.path, 'qubes.yaml');
      await writeFile(file, HEAD + body);
      const { out, code } = await check(file);
      const named = out.split('\n').filter((line) => line.includes(`[${rule}]; `));
      expect(named.map((line) => line.split(/:\d+: /)[0])).toEqual(
        lines.map((line) => `${file}:${BODY_LINE + line}`),
      );
      for (const line of named) expect(line).toMatch(/: .+ \[[a-z0-9-]+\]; .+$/);
      expect(code).toBe(2);
    },
  );

  it('ends well where no rule is broken', async () => {
    const file = 'recipes/qubes/default.yaml';
    expect(await check(file)).toEqual({ out: `${file}: sound\n`, code: 0 });
  });
});
