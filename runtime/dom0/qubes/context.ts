import { lvmStorage } from '../machine/lvm.ts';
import { dmCrypt } from '../machine/crypt.ts';
import { PATHS } from '../machine/paths.ts';
import { listPci } from '../machine/pci.ts';
import { reflinkStorage } from '../machine/reflink.ts';
import { xenStore } from '../machine/xenstore.ts';
import { xlToolstack } from '../machine/xen.ts';
import { AppError } from '../../../core/errors.ts';
import { soundQubes } from '../model/check.ts';
import { parseQubes } from '../model/source.ts';
import type { Crypt } from '../machine/crypt.ts';
import type { EventSink } from '../../../core/events.ts';
import type { Machine } from '../../../core/machine.ts';
import type { Qube } from '../model/resolve.ts';
import type { Source } from '../model/source.ts';
import type { Storage } from '../machine/storage.ts';
import type { StorageChoice } from '../model/schema.ts';
import type { Xen } from '../machine/xen.ts';
import type { XenStore } from '../machine/xenstore.ts';

/** All that a command works with. */
export interface Context {
  readonly machine: Machine;
  readonly source: Source;
  readonly qubes: ReadonlyMap<string, Qube>;
  readonly storage: Storage;
  readonly crypt: Crypt;
  readonly xen: Xen;
  readonly store: XenStore;
  readonly sink: EventSink;
}

/**
 * Reads the file of qubes and checks it against the machine.
 * @throws AppError when the file is missing, wrong or breaks a rule.
 */
export async function openContext(
  machine: Machine,
  sink: EventSink,
  path: string = PATHS.qubes,
): Promise<Context> {
  const source = await readSource(machine, path);
  return {
    machine,
    source,
    qubes: soundQubes(source, await listPci(machine)),
    storage: storageOf(machine, source.file.storage),
    crypt: dmCrypt(machine),
    xen: xlToolstack(machine),
    store: xenStore(machine),
    sink,
  };
}

/** @throws AppError `qubes.missing` or what `parseQubes` throws. */
export async function readSource({ files }: Pick<Machine, 'files'>, path: string): Promise<Source> {
  const text = await files.read(path);
  if (text !== undefined) return parseQubes(text, path);
  throw new AppError({
    kind: 'usage',
    code: 'qubes.missing',
    what: 'there is no file of qubes',
    where: path,
    next: `copy recipes/qubes/default.yaml to ${path}, or name another file with --file`,
  });
}

function storageOf(machine: Machine, choice: StorageChoice): Storage {
  return choice.driver === 'lvm-thin'
    ? lvmStorage(machine, choice.group, choice.pool)
    : reflinkStorage(machine, choice.directory);
}

/**
 * The qube of that name.
 * @throws AppError `qube.unknown`.
 */
export function qubeNamed({ qubes, source }: Pick<Context, 'qubes' | 'source'>, name: string): Qube {
  const qube = qubes.get(name);
  if (qube !== undefined) return qube;
  throw new AppError({
    kind: 'usage',
    code: 'qube.unknown',
    what: `there is no qube ${name}`,
    where: source.name,
    expected: [...qubes.keys()].join(', '),
    next: 'qube list',
  });
}
