import { expect, it } from 'vitest';
import { VERSION } from '../../../core/version.ts';
import { program } from '../../../runtime/dom0/cli/program.ts';
import { REFUSING } from '../../support/refusing-machine.ts';

async function typed(
  ...argv: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const streams = { out: (text: string) => (out += text), err: (text: string) => (err += text) };
  return { code: await program(argv, REFUSING, streams), out, err };
}

it('qube says its version, its commands, and what it does not know', async () => {
  expect(await typed('--version')).toEqual({ code: 0, out: `qube ${VERSION}\n`, err: '' });
  expect((await typed('--help')).out).toContain('qube start');
  expect(await typed('strat')).toMatchObject({ code: 2, out: '' });
});
