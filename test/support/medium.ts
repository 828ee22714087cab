import { cp, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildProducts, lockRecipes, planProducts, runNodes } from '../../builder/cli/engine/build.ts';
import { lockedNeed } from '../../builder/cli/engine/needs.ts';
import { toolboxNode } from '../../builder/cli/engine/plan.ts';
import { resultOf } from '../../builder/graph/execute.ts';
import type { Outputs } from '../../builder/graph/stage.ts';
import type { QemuTools } from '../../builder/run/machine.ts';
import { acquireLock } from '../../edge/lock-file.ts';
import { TEST_CACHE, testProject, type TestProject } from './project.ts';
import { bring, start, type Machine, type StartOptions } from './qemu.ts';

/** An installer medium of today's packages, and the QEMU to start it in. */
export interface TestMedium {
  readonly project: TestProject;
  /** Path of the ISO; not to be written to. */
  readonly iso: string;
  /** Every file on it, by path. */
  readonly files: Outputs;
  readonly tools: QemuTools;
}

/**
 * Builds the recipe `iso`, or takes what is cached. Needs the bundles of `npm run bundle`. The developer key is made
 * by the first test and kept beside the packages, so that all tests have the same medium.
 */
export async function buildMedium(): Promise<TestMedium & AsyncDisposable> {
  process.env['XDG_CONFIG_HOME'] = join(TEST_CACHE, 'keys');
  await using _ = await acquireLock(join(TEST_CACHE, 'medium.lock'), { what: 'the test medium', wait: BOOT });
  const project = await testProject();
  const { session } = project;
  await cp(resolve('dist'), join(project.root, 'dist'), { recursive: true });
  const recipes = await lockRecipes(session, ['iso', 'toolbox-qemu'], () => 'update');
  const products = await planProducts(session, recipes, { recipes: ['iso'], outputs: undefined });
  const node = products[0]!.node;
  const results = await buildProducts(session, recipes, products);
  const medium = node.inputs['medium']!;
  const [iso, files] = [resultOf(results, node)['iso']!, await runNodes(session, [], [medium])];
  const qemu = lockedNeed(recipes, 'toolbox-qemu');
  const toolbox = toolboxNode(qemu);
  const tools = resultOf(await runNodes(session, [qemu], [toolbox]), toolbox);
  return {
    project,
    iso: await session.store.verified(iso),
    files: resultOf(files, medium),
    tools: { root: await session.ports.toolboxTree(tools) },
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

/** Hotkeys of the medium's menu. */
export type MenuKey = 'i' | 'h' | 'm' | 'r';

/** Starts a medium and chooses an entry of its menu, with the serial console. */
export async function bootMedium(
  { tools, iso }: Pick<TestMedium, 'tools' | 'iso'>,
  entry: MenuKey,
  options: Omit<Partial<StartOptions>, 'tools'> = {},
): Promise<Machine> {
  const cdrom = { path: iso, format: 'raw', bus: 'cdrom', bootIndex: 0 } as const;
  const machine = await start({ tools, ...options, disks: [cdrom, ...(options.disks ?? [])] });
  return await bring(machine, async () => {
    await machine.serial.expect(/Install Qubeforge/, MENU);
    await machine.serial.send('s');
    await machine.serial.expect(/Install Qubeforge \[serial console\]/, MENU);
    await machine.serial.send(entry);
  });
}

const MENU = 120_000;
const BOOT = 20 * 60_000;

/**
 * Starts the kernel of a medium by itself, without its menu and without Xen: what the rescue entry does, in a
 * third of the time that Xen takes. Resolves with a root shell on the quick console and one on the serial port.
 */
export async function bootBare(
  medium: TestMedium,
  options: Omit<Partial<StartOptions>, 'tools' | 'kernel'> = {},
): Promise<Machine> {
  const { store } = medium.project.session;
  const file = (path: string): Outputs[string] => {
    const found = medium.files[path];
    if (found === undefined) throw new Error(`${path} is not on the medium`);
    return found;
  };
  const variables = (await store.read(file('boot/grub/medium.cfg'), 'medium.cfg')).toString('utf8');
  const [, label = ''] = /^set label=(.*)$/m.exec(variables) ?? [];
  const [, sums = ''] = /^set sums=(.*)$/m.exec(variables) ?? [];
  const machine = await start({
    tools: medium.tools,
    ...options,
    disks: [{ path: medium.iso, format: 'raw', bus: 'cdrom' }, ...(options.disks ?? [])],
    kernel: {
      kernel: await store.verified(file('boot/vmlinuz')),
      initrd: await store.verified(file('boot/initrd.img')),
      commandLine: `boot=qubeforge-live qubeforge.label=${label} qubeforge.sums=${sums} qubeforge.mode=rescue console=ttyS0,115200`,
    },
  });
  await machine.serial.expect(/Rescue shell[^]*# /, BOOT);
  await machine.console.expect(/Press Enter to use it here/, BOOT);
  await machine.console.sendLine('');
  await machine.console.expect(/Rescue shell[^]*# /, BOOT);
  return machine;
}

/** Flips one bit in the middle of a file of the medium at `iso`, found by the bytes it starts with. */
export async function damage(iso: string, { session }: TestProject, file: Outputs[string]): Promise<void> {
  await using source = await open(await session.store.verified(file));
  const head = Buffer.alloc(Math.min(2048, file.size));
  await source.read(head, 0, head.length, 0);
  await using medium = await open(iso, 'r+');
  const block = Buffer.alloc(4 * 1024 * 1024);
  for (let at = 0; ; at += block.length) {
    const { bytesRead } = await medium.read(block, 0, block.length, at);
    if (bytesRead === 0) throw new Error('the file is not on the medium');
    for (let sector = 0; sector < bytesRead; sector += 2048) {
      if (!block.subarray(sector, sector + head.length).equals(head)) continue;
      const place = at + sector + Math.floor(file.size / 2);
      const byte = Buffer.alloc(1);
      await medium.read(byte, 0, 1, place);
      await medium.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, place);
      return;
    }
  }
}
