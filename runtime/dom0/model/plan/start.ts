import { AppError } from '../../../../core/errors.ts';
import { rootTemplate } from '../resolve.ts';
import { keepsPrivate, ownsRoot } from '../volumes.ts';
import type { Qube } from '../resolve.ts';
import type { Step } from '../steps.ts';
import type { VolumeId, VolumeSet } from '../volumes.ts';

/**
 * The volumes that one start of a qube needs, made fresh from what is committed.
 * @throws AppError `start.no-root` when the template was never brought in.
 */
export function startSteps(
  qube: Qube,
  qubes: ReadonlyMap<string, Qube>,
  volumes: VolumeSet,
): readonly Step[] {
  const { name } = qube;
  const run = { qube: name, form: 'run' } as const;
  const owner = ownsRoot(qube) ? qube : rootTemplate(qube, qubes);
  const root: VolumeId = { qube: owner?.name ?? name, role: 'root', form: 'base' };
  if (volumes.get(root.qube, 'root', 'base') === undefined) throw noRoot(qube, root.qube);
  return [
    { do: 'clone', from: root, volume: { ...run, role: 'root' } },
    ...(keepsPrivate(qube) ? [] : [privateOfDisposable(qube, volumes)]),
    { do: 'create', volume: { ...run, role: 'volatile' }, bytes: qube.volumes.volatile },
  ];
}

/** A disposable made from an AppVM begins with what that AppVM keeps; any other begins empty. */
function privateOfDisposable(qube: Qube, volumes: VolumeSet): Step {
  const volume = { qube: qube.name, role: 'private', form: 'run' } as const;
  const parent = qube.kind === 'DisposableVM' ? qube.template : undefined;
  const from = parent === undefined ? undefined : volumes.get(parent, 'private', 'base');
  if (from === undefined) return { do: 'create', volume, bytes: qube.volumes.private };
  return { do: 'clone', from: { qube: from.qube, role: 'private', form: 'base' }, volume };
}

function noRoot(qube: Qube, template: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'start.no-root',
    what: `${qube.name} cannot start: ${template} has no root volume`,
    where: template,
    next: `qube import ${template} DIRECTORY`,
  });
}
