import { join } from 'node:path';
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
  await session.ports.sandbox({
    toolbox: root,
    script: 'zstd -q -d --sparse /in/image -o /out/root.img && chmod 0644 /out/root.img',
    inputs: { image: `${files}.root.img.zst` },
    out: folder.path,
  });
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
