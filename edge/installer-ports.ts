import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { chmod, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../core/errors.ts';
import { InstallLog } from '../installer/execute/log.ts';
import type { ExecutePorts } from '../installer/execute/ports.ts';
import type { Ports } from '../installer/ports.ts';
import { MEDIUM } from '../installer/medium/medium.ts';
import { MEDIUM_KEY } from '../installer/medium/load.ts';
import { isScreen, prompts, setKeyboard } from './console.ts';
import { copyFile, deployImage } from './deploy.ts';
import { run } from './runner.ts';
import { showRecoveryKey } from './recovery-key.ts';
import { machine } from './machine.ts';
import { mediumReader } from './medium-reader.ts';

/** The ports of the running program. */
export function livePorts(): Ports {
  return {
    machine,
    medium: MEDIUM,
    mediumKey: MEDIUM_KEY,
    mediumReader,
    bundle: `${STATE}/bundle.txt`,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    readText,
    writeText: (path, text) => writeText(path, text),
    prompts,
    setKeyboard,
    console: isScreen() ? 'screen' : 'serial',
    randomUuid: randomUUID,
    executor: executePorts,
    exclusively,
    interruptible,
  };
}

/** Kept in memory: gone at the restart, but for what is copied into the new system. */
const STATE = '/run/qubeforge-install';

function executePorts(medium: string): ExecutePorts {
  return {
    run,
    log: new InstallLog(appendLog, Date.now),
    writeFile: writeText,
    deploy: (image, device, progress) => deployImage(medium, image, device, progress),
    copy: (file, to) => copyFile(medium, file, to),
    readDevice,
    writeDevice,
    showRecoveryKey,
    random: (length) => randomBytes(length),
  };
}

function appendLog(line: string): void {
  mkdirSync(STATE, { recursive: true, mode: 0o700 });
  appendFileSync(`${STATE}/log.txt`, line, { mode: 0o600 });
}

async function readDevice(path: string, offset: number, length: number): Promise<Uint8Array> {
  await using file = await open(path, 'r');
  const buffer = new Uint8Array(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

async function writeDevice(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, offset);
  await file.sync();
}

/** A file that exists while one of us writes; that of a dead process counts for nothing. */
async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const path = `${STATE}/lock`;
  await mkdir(STATE, { recursive: true, mode: 0o700 });
  const holder = await readFile(path, 'utf8').catch(() => undefined);
  if (holder !== undefined && isAlive(Number(holder))) {
    throw new AppError({
      kind: 'busy',
      code: 'install.busy',
      what: 'Another installer is at work on this machine',
      where: `process ${holder}`,
      next: 'go on at the other console',
    });
  }
  await writeFile(path, String(process.pid));
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    process.stderr.write('\nStopping after this step...\n');
    controller.abort();
  };
  process.on('SIGINT', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
  }
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

async function writeText(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text, { flush: true, mode });
  await chmod(`${path}.new`, mode);
  await rename(`${path}.new`, path);
}
