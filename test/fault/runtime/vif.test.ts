import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../edge/runner.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const SCRIPT = 'runtime/guest/lib/vif';

interface Netvm {
  /** What stands in the Xen store at each look; the last one for good. */
  readonly statuses: readonly string[];
  /** Exit code of the hotplug script. */
  readonly hotplug?: number;
  /** Whether the interface is there. */
  readonly present?: boolean;
}

/** Runs the script for `vif12.3`; what it started, but for the looks, and its exit code. */
async function watch({ statuses, hotplug = 0, present = true }: Netvm): Promise<readonly string[]> {
  await using folder = await temporaryDirectory();
  const place = (name: string): string => join(folder.path, name);
  await mkdir(place('net'));
  if (present) await mkdir(place('net/vif12.3'));
  const script = (await readFile(SCRIPT, 'utf8'))
    .replaceAll('/sys/class/net', place('net'))
    .replaceAll('/etc/xen/scripts/vif-qube', place('hotplug'));
  await writeFile(place('script'), script);
  await writeFile(place('statuses'), statuses.map((status) => `${status}\n`).join(''));
  const programs = {
    sleep: `echo sleep "$@" >> '${place('calls')}'`,
    hotplug: `echo hotplug "$vif" "$XENBUS_PATH" "$@" >> '${place('calls')}'; exit ${hotplug}`,
    'xenstore-read': `[ "$*" = backend/vif/12/3/hotplug-status ] || exit 9
head -n 1 '${place('statuses')}'; [ "$(wc -l < '${place('statuses')}')" = 1 ] || sed -i 1d '${place('statuses')}'`,
  };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(place(name), `#!/bin/sh\n${text}\n`);
    await chmod(place(name), 0o755);
  }
  const { exitCode } = await run({
    argv: ['sh', place('script'), 'vif12.3'],
    env: { PATH: `${folder.path}:/usr/bin:/bin` },
    accept: [0, 1],
  });
  const calls = (await readFile(place('calls'), 'utf8')).split('\n').slice(0, -1);
  return [...calls, `exit ${exitCode}`];
}

const HOTPLUG = 'hotplug vif12.3 backend/vif/12/3 online';

describe('the interface of a qube in its netvm', () => {
  it.each(['connected', 'error'])('is left alone when xl devd had it %s', async (status) => {
    expect(await watch({ statuses: [status] })).toEqual(['sleep 15', 'exit 0']);
  });

  it('is left alone when it has gone', async () => {
    expect(await watch({ statuses: [''], present: false })).toEqual(['sleep 15', 'exit 0']);
  });

  it('is set up when xl devd gave it up', async () => {
    expect(await watch({ statuses: [''] })).toEqual(['sleep 15', HOTPLUG, 'exit 0']);
  });

  it('is looked at again when that failed, and given up in the end', async () => {
    expect(await watch({ statuses: ['', 'connected'], hotplug: 1 })).toEqual([
      ...['sleep 15', HOTPLUG, 'sleep 30', 'exit 0'],
    ]);
    expect(await watch({ statuses: [''], hotplug: 1 })).toEqual([
      ...['sleep 15', HOTPLUG, 'sleep 30', HOTPLUG, 'sleep 60', HOTPLUG, 'exit 1'],
    ]);
  });
});
