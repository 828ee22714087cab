import { copyFile, mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../edge/runner.ts';
import type { Disk } from '../../builder/run/machine.ts';
import type { TestProject } from './project.ts';
import { buildToolbox } from './mmdebstrap.ts';
import { start, type Machine } from './qemu.ts';
import { temporaryDirectory } from './temporary.ts';

/**
 * Starts a built template under emulation, its kernel and initrd directly, on a copy of its root image that
 * is gone when the machine is. `files` is the path of the template's files without their endings.
 */
export async function startTemplate(
  project: TestProject,
  files: string,
  commandLine: string,
): Promise<Machine> {
  const { session } = project;
  const toolbox = await buildToolbox(session, await project.lock('toolbox-qemu'));
  const root = await session.ports.toolboxTree(toolbox);
  const folder = await temporaryDirectory();
  await unpackRoot(project, root, files, folder.path);
  const machine = await start({
    tools: { root },
    disks: [{ path: join(folder.path, 'root.img'), format: 'raw' }],
    memoryMiB: 1024,
    kernel: { kernel: `${files}.vmlinuz`, initrd: `${files}.initrd`, commandLine },
  });
  const stop = async (): Promise<void> => {
    await machine.stop();
    await folder[Symbol.asyncDispose]();
  };
  return { ...machine, stop, [Symbol.asyncDispose]: stop };
}

/** A disk with the label `label` in `folder` that holds a built template as `qube import` takes it. */
export async function templateDisk(
  project: TestProject,
  files: string,
  folder: string,
  label: string,
): Promise<Disk> {
  const { session } = project;
  const toolbox = await buildToolbox(session, await project.lock('toolbox-qemu'));
  const source = join(folder, 'template');
  await mkdir(source);
  await unpackRoot(project, await session.ports.toolboxTree(toolbox), files, source);
  await copyFile(`${files}.vmlinuz`, join(source, 'vmlinuz'));
  await copyFile(`${files}.initrd`, join(source, 'initrd.img'));
  const path = join(folder, 'template.img');
  await writeFile(path, '');
  await truncate(path, 4 * 1024 ** 3);
  await run({ argv: ['mke2fs', '-q', '-t', 'ext4', '-L', label, '-d', source, path] });
  return { path, format: 'raw', readOnly: true };
}

/** Writes the root image of a template as the file `root.img` of a directory. */
async function unpackRoot(project: TestProject, toolbox: string, files: string, out: string): Promise<void> {
  await project.session.ports.sandbox({
    toolbox,
    script: 'zstd -q -d --sparse /in/image -o /out/root.img && chmod 0644 /out/root.img',
    inputs: { image: `${files}.root.img.zst` },
    out,
  });
}
