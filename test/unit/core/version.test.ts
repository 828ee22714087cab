import { expect, it } from 'vitest';
import { VERSION } from '../../../core/version.ts';
import manifest from '../../../package.json' with { type: 'json' };

it('the version of the programs is that of the project', () => {
  expect(VERSION).toBe(manifest.version);
});
