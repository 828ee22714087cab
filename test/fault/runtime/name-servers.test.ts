import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../edge/runner.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** Runs the script of a netvm with this resolv.conf; `then` is there once rules were loaded. The targets of all rules, in their order. */
async function redirected(first: string, then = first): Promise<readonly string[]> {
  await using folder = await temporaryDirectory();
  const place = (name: string): string => join(folder.path, name);
  const script = await readFile('runtime/guest/lib/dns', 'utf8');
  const moved = script.replaceAll('/etc/resolv.conf', place('now')).replaceAll('/run/', place('run/'));
  await writeFile(place('dns'), moved);
  await writeFile(place('now'), first);
  await writeFile(place('then'), then);
  await writeFile(place('rules'), '');
  const nft = `#!/bin/sh\ncat >> '${place('rules')}'\ncp '${place('then')}' '${place('now')}'\n`;
  await writeFile(place('nft'), nft);
  await chmod(place('nft'), 0o755);
  await run({ argv: ['sh', place('dns')], env: { PATH: `${folder.path}:/usr/bin:/bin` }, timeout: 30_000 });
  return [...(await readFile(place('rules'), 'utf8')).matchAll(/dnat to (\S+)/g)].map(([, to = '']) => to);
}

describe('the name servers of a netvm', () => {
  it('are those of its resolv.conf, the first twice when it is alone', async () => {
    expect(await redirected('nameserver 10.0.2.3\nnameserver 10.0.2.4\n')).toEqual(['10.0.2.3', '10.0.2.4']);
    expect(await redirected('nameserver 10.0.2.3\n')).toEqual(['10.0.2.3', '10.0.2.3']);
  });

  it('are looked at again when they changed while the rules were loaded', async () => {
    const targets = await redirected('nameserver 10.0.2.3\n', 'nameserver 10.0.2.5\n');
    expect(targets.slice(-2)).toEqual(['10.0.2.5', '10.0.2.5']);
  });

  it.each(['', 'nameserver 127.0.0.53\n', 'nameserver 10.0.2.3; drop\n', 'nameserver fe80::1\n'])(
    'are none of %j',
    async (text) => {
      expect(await redirected(text)).toEqual([]);
    },
  );
});
