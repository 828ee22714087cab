import { AppError } from '../../../core/errors.ts';
import { commitSteps } from '../model/plan/commit.ts';
import { recoverSteps } from '../model/plan/recover.ts';
import { VolumeSet } from '../model/volumes.ts';
import { PATHS } from '../machine/paths.ts';
import { execute } from './execute.ts';
import { observe } from './observe.ts';
import type { Context } from './context.ts';
import type { Qube } from '../model/resolve.ts';

/** The files of a template image; the root file system is one file or block device. */
const FILES = { root: 'root.img', kernel: 'vmlinuz', initrd: 'initrd.img' } as const;

/**
 * Makes the image in `directory` the committed root of a template; the former one becomes a revision.
 * The image was checked against its manifest by whoever fetched it. Starting again after a cut is safe.
 * @throws AppError `import.kind`, `import.running`.
 */
export async function importTemplate(context: Context, qube: Qube, directory: string): Promise<void> {
  const { machine, storage } = context;
  const { name } = qube;
  const before = await observe(context);
  if (qube.kind !== 'TemplateVM' || before.running.has(name)) throw refused(qube);
  await execute(context, recoverSteps(name, qube, new VolumeSet(before.volumes), true));
  const fresh = { qube: name, role: 'root', form: 'new' } as const;
  await execute(context, [{ do: 'create', volume: fresh, bytes: await imageSize(context, directory) }]);
  const [device] = await storage.open([fresh]);
  const source = `${directory}/${FILES.root}`;
  await machine.run({
    argv: ['dd', `if=${source}`, `of=${device}`, 'bs=1M', 'conv=sparse,fsync,notrunc', 'status=none'],
  });
  await storage.close(fresh);
  await copyKernel(context, name, directory);
  const volumes = new VolumeSet((await observe(context)).volumes);
  const base = { ...fresh, form: 'base' } as const;
  const run = { ...fresh, form: 'run' } as const;
  if (volumes.get(name, 'root', 'base') === undefined) {
    await execute(context, [{ do: 'rename', volume: fresh, to: base }]);
  } else {
    await execute(context, [{ do: 'rename', volume: fresh, to: run }, ...commitSteps(name, volumes)]);
  }
}

async function imageSize({ machine }: Context, directory: string): Promise<number> {
  const path = `${directory}/${FILES.root}`;
  const device = await machine.run({ argv: ['blockdev', '--getsize64', path], accept: [0, 1] });
  return device.exitCode === 0 ? Number(device.stdout) : machine.files.size(path);
}

async function copyKernel({ machine }: Context, name: string, directory: string): Promise<void> {
  const target = `${PATHS.kernels}/${name}`;
  await machine.run({ argv: ['mkdir', '-p', target] });
  for (const file of [FILES.kernel, FILES.initrd]) {
    await machine.run({ argv: ['cp', `${directory}/${file}`, `${target}/${file}.new`] });
    await machine.files.rename(`${target}/${file}.new`, `${target}/${file}`);
  }
}

function refused({ name, kind }: Qube): AppError {
  return new AppError({
    kind: kind === 'TemplateVM' ? 'busy' : 'usage',
    code: kind === 'TemplateVM' ? 'import.running' : 'import.kind',
    what: kind === 'TemplateVM' ? `${name} is running` : `${name} is a ${kind}, not a template`,
    where: name,
    next: kind === 'TemplateVM' ? `qube stop ${name}` : 'name a TemplateVM',
  });
}
