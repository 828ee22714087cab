import { expect, test } from 'vitest';
import { namespaceSandbox } from '../../edge/sandbox.ts';
import { buildToolbox } from '../support/mmdebstrap.ts';
import { appErrorOf } from '../support/only-app-errors.ts';
import { testProject } from '../support/project.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** More than a pipe holds. */
async function* lines(): AsyncGenerator<string> {
  for (let at = 0; at < 100; at++) {
    yield `${'x'.repeat(65_536)}\n`;
    await Promise.resolve();
  }
}

test('a job that ends before it has read its input fails with its own exit code', async () => {
  await using project = await testProject();
  await using dir = await temporaryDirectory();
  const outputs = await buildToolbox(project.session, await project.lock('toolbox'));
  const toolbox = await project.session.ports.toolboxTree(outputs);
  const script = 'read -r first; exec <&-; sleep 1; echo "read ${#first}" >&2; exit 7';
  const error = await appErrorOf(() => namespaceSandbox(dir.path)({ toolbox, script, input: lines() }));
  expect(error).toMatchObject({ kind: 'tool', code: 'sandbox.failed' });
  expect(error.got).toMatch(/^exit code 7\n[^]*read 65536/);
});
