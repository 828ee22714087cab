import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { Ports } from '../installer/cli/ports.ts';
import { MEDIUM } from '../installer/medium/medium.ts';
import { machine } from './machine.ts';

/** The ports of the running program. */
export function livePorts(): Ports {
  return {
    machine,
    medium: MEDIUM,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    readText,
    writeText,
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new AppError({
      kind: 'usage',
      code: 'file.read',
      what: 'A file cannot be read',
      where: path,
      got: error instanceof Error ? error.message : String(error),
      next: `ls -l ${path}`,
      cause: error,
    });
  }
}

async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text, { flush: true });
  await rename(`${path}.new`, path);
}
