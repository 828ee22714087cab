import { copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { attach } from '../../../edge/terminal.ts';
import { run as runner } from '../../../edge/runner.ts';
import { resultOf } from '../../graph/execute.ts';
import { chooseAcceleration, probeBootSector } from '../../run/kvm.ts';
import {
  programIn,
  QEMU_ENVIRONMENT,
  qemuArgv,
  uefiVariablesTemplate,
  type DirectKernel,
  type Disk,
  type QemuTools,
  type UefiVariables,
} from '../../run/machine.ts';
import type { RunRequest } from '../commands/run.ts';
import type { Context } from '../command.ts';
import { lockRecipes, runNodes } from './build.ts';
import { lockedNeed } from './needs.ts';
import { toolboxNode } from './plan.ts';
import { openSession } from './session.ts';

const TOOLBOX = 'toolbox-qemu';
const NEW_DISK = '64G';
const VNC_DISPLAY = 0;

/** Boots an image in QEMU of the toolbox and stays until the machine ends. */
export async function runImage(context: Context, request: RunRequest): Promise<void> {
  const tools = await qemuTools(context);
  const folder = await mkdtemp(join(tmpdir(), 'qubeforge-run-'));
  try {
    const image = await attachImage(tools, resolve(context.cwd, request.image), folder);
    const { acceleration, reason } = await accelerationOf(request, tools, folder);
    const screen = request.serial ? undefined : VNC_DISPLAY;
    const text = startText(request, reason, screen);
    context.sink({ type: 'result', name: 'run', value: { image: request.image, acceleration }, text });
    await context.release();
    const uefi = request.uefi ? await variables(tools, folder) : undefined;
    const argv = qemuArgv(tools, {
      memoryMiB: request.memoryMiB,
      acceleration,
      processors: acceleration === 'kvm' ? 4 : 1,
      iommu: request.iommu,
      disks: [image.disk, ...(await disks(tools, context.cwd, request.disks))],
      serial: 'stdio,mux=on,signal=off',
      monitorOnSerial: true,
      ...(screen === undefined ? {} : { vncDisplay: screen }),
      ...(uefi === undefined ? {} : { uefi }),
      ...(image.kernel === undefined ? {} : { kernel: image.kernel }),
    });
    const exitCode = await attach({ argv, env: QEMU_ENVIRONMENT });
    if (exitCode !== 0) throw machineFailed(argv, exitCode);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a person has to know who is about to sit in front of the machine. */
function startText({ image, uefi }: RunRequest, reason: string, screen: number | undefined): string {
  return [
    `${image} by ${uefi ? 'UEFI' : 'BIOS'}; ${reason}`,
    ...(screen === undefined ? [] : [`screen: VNC at 127.0.0.1:${5900 + screen}`]),
    ...(image.endsWith('.iso')
      ? [
          'press s in the boot menu, which waits 15 s, and choose there: only then the system talks on this console',
        ]
      : []),
    'Ctrl-A x ends the machine',
  ].join('\n');
}

/** The unpacked QEMU toolbox; built when it is not there yet. */
export async function qemuTools(context: Context): Promise<QemuTools> {
  await using session = await openSession(context, { jobs: 2, offline: false });
  const recipes = await lockRecipes(session, [TOOLBOX], () => 'update');
  const locked = lockedNeed(recipes, TOOLBOX);
  const node = toolboxNode(locked);
  const results = await runNodes(session, [locked], [node]);
  return { root: await session.ports.toolboxTree(resultOf(results, node)) };
}

async function accelerationOf(
  { kvm }: RunRequest,
  tools: QemuTools,
  folder: string,
): ReturnType<typeof chooseAcceleration> {
  if (!kvm) return { acceleration: 'tcg', reason: 'emulating, as --no-kvm says' };
  const sector = join(folder, 'probe');
  await writeFile(sector, probeBootSector());
  return await chooseAcceleration(runner, tools, sector);
}

interface Attached {
  readonly disk: Disk;
  readonly kernel?: DirectKernel;
}

const TEMPLATE = '.root.img.zst';

/**
 * No account of a template has a password: root is logged in on the console that only dom0 reaches. Here that is the
 * serial one, by credentials for this start (systemd.system-credentials(7), agetty(8), login(1)).
 */
const TEMPLATE_COMMAND_LINE = [
  ...['root=/dev/vda', 'rw', 'console=tty0', 'console=ttyS0'],
  ...['agetty.autologin:root', 'login.noauth:yes'].map((word) => `systemd.set_credential=${word}`),
].join(' ');

async function attachImage(tools: QemuTools, path: string, folder: string): Promise<Attached> {
  if ((await stat(path).catch(() => undefined)) === undefined) throw noImage(path);
  if (path.endsWith('.iso')) return { disk: { path, format: 'raw', bus: 'cdrom', bootIndex: 0 } };
  if (!path.endsWith(TEMPLATE)) return { disk: { path, format: formatOf(path), bootIndex: 0 } };
  const root = join(folder, 'root.img');
  await runner({ argv: [...programIn(tools, 'zstd'), '-q', '-d', '--sparse', path, '-o', root] });
  const base = path.slice(0, -TEMPLATE.length);
  return {
    disk: { path: root, format: 'raw' },
    kernel: {
      kernel: `${base}.vmlinuz`,
      initrd: `${base}.initrd`,
      commandLine: TEMPLATE_COMMAND_LINE,
    },
  };
}

async function disks(tools: QemuTools, cwd: string, names: readonly string[]): Promise<Disk[]> {
  const made: Disk[] = [];
  for (const name of names) {
    const path = resolve(cwd, name);
    const exists = (await stat(path).catch(() => undefined)) !== undefined;
    if (!exists) {
      await runner({
        argv: [...programIn(tools, 'qemu-img'), 'create', '-q', '-f', 'qcow2', path, NEW_DISK],
      });
    }
    made.push({ path, format: exists ? formatOf(path) : 'qcow2', serial: basename(path).slice(0, 20) });
  }
  return made;
}

async function variables(tools: QemuTools, folder: string): Promise<UefiVariables> {
  const path = join(folder, 'uefi-variables.fd');
  await copyFile(uefiVariablesTemplate(tools), path);
  return { path, format: 'raw' };
}

function formatOf(path: string): 'qcow2' | 'raw' {
  return path.endsWith('.qcow2') ? 'qcow2' : 'raw';
}

function machineFailed(argv: readonly string[], exitCode: number): AppError {
  return new AppError({
    kind: 'tool',
    code: 'run.failed',
    what: 'QEMU ended with a failure',
    where: argv.join(' '),
    expected: 'exit code 0',
    got: `exit code ${exitCode}`,
  });
}

function noImage(path: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'run.no-image',
    what: 'there is no such image',
    where: path,
    next: 'qubeforge build iso, then: qubeforge run out/iso.iso',
  });
}
