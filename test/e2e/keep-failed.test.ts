import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { namespaceSandbox } from '../../edge/sandbox.ts';
import { buildToolbox } from '../support/mmdebstrap.ts';
import { appErrorOf } from '../support/only-app-errors.ts';
import { testProject } from '../support/project.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const SCRIPT = 'echo found >/build/evidence; echo half >/out/result; exit 3';

test('what a failed job was given and had made is kept only where that is asked for', async () => {
  await using project = await testProject();
  await using dir = await temporaryDirectory();
  const outputs = await buildToolbox(project.session, await project.lock('toolbox'));
  const toolbox = await project.session.ports.toolboxTree(outputs);
  const [scratch, failed, out] = ['scratch', 'failed', 'out'].map((name) => join(dir.path, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(out);
  const plain = await appErrorOf(() => namespaceSandbox(scratch)({ toolbox, script: SCRIPT, out }));
  expect(plain.got).toMatch(/^exit code 3/);
  expect(await readdir(dir.path)).toEqual(['out', 'scratch']);

  const kept = await appErrorOf(() => namespaceSandbox(scratch, failed)({ toolbox, script: SCRIPT, out }));
  expect(kept).toMatchObject({
    code: 'sandbox.failed',
    got: expect.stringMatching(/^exit code 3/) as string,
  });
  const place = join(failed, (await readdir(failed))[0] ?? '');
  expect(kept.where).toBe(place);
  expect(await readFile(join(place, 'out/result'), 'utf8')).toBe('half\n');
  expect(await readFile(join(place, 'job/failing.sh'), 'utf8')).toBe(SCRIPT);
  expect((await readFile(join(place, 'out/build.tar'))).includes('found\n')).toBe(true);
  expect(await readdir(scratch)).toEqual([]);
});
