import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileSanitized, findCompiler } from '../../support/compiler.ts';

const SOURCES = 'runtime/vchan';
const compiler = findCompiler();

describe.skipIf(compiler === undefined)('the protocol of the channel, under sanitizers', () => {
  let hostile = '';
  let exact = '';

  beforeAll(() => {
    const local = (name: string): string => join(import.meta.dirname, 'vchan', name);
    const core = (...names: string[]): string[] => names.map((name) => join(SOURCES, name));
    hostile = compileSanitized(compiler!, [local('hostile.c'), ...core('protocol.c', 'harmless.c')], SOURCES);
    exact = compileSanitized(compiler!, [local('exact.c'), ...core('protocol.c')], SOURCES);
  });

  afterAll(() => {
    for (const program of [hostile, exact]) rmSync(dirname(program), { recursive: true, force: true });
  });

  it.each([1, 2, 3, 4])('survives what nobody should send (seed %i)', (seed) => {
    expect(execFileSync(hostile, [String(seed), '500'], { encoding: 'utf8' })).toBe('500 rounds\n');
  });

  it.each([1, 2, 3, 4, 5, 6])('loses, doubles and mixes up no byte of 60 streams (seed %i)', (seed) => {
    expect(execFileSync(exact, [String(seed), '60'], { encoding: 'utf8' })).toBe('60 streams\n');
  });
});
