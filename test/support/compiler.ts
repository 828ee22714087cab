import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The first C compiler on the path, or undefined. */
export function findCompiler(): string | undefined {
  return ['cc', 'gcc', 'clang'].find((name) => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

/** Compiles C sources, with address and undefined-behaviour sanitizers, into a program of its own. */
export function compileSanitized(
  compiler: string,
  sources: readonly string[],
  include: string,
  defines: readonly string[] = [],
): string {
  const program = join(mkdtempSync(join(tmpdir(), 'qubeforge-c-')), 'program');
  const checks = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-Wall', '-Wextra', '-Werror'];
  const flags = ['-std=c11', '-D_GNU_SOURCE', '-g', '-O1', `-I${include}`, ...checks];
  execFileSync(compiler, [...flags, ...defines, ...sources, '-o', program], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return program;
}
