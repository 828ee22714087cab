import { AppError } from '../../../core/errors.ts';
import { keysReport, type KeyReport } from '../../verify/keys-report.ts';
import type { KeysRequest } from '../commands/keys.ts';
import type { Context } from '../command.ts';
import { projectKeyring } from './session.ts';

/** Lists the pinned keys with their state now; `check` fails when one of them could not sign any more. */
export async function keys({ root, sink, clock }: Context, { mode }: KeysRequest): Promise<void> {
  const reports = await keysReport(await projectKeyring(root), new Date(clock()));
  sink({ type: 'result', name: 'keys', value: reports, text: reports.map(keyText).join('\n') });
  for (const { state, warning, releaseEnds } of reports) {
    if (state === 'expires-soon' && warning !== undefined)
      sink({ type: 'log', level: 'warning', message: warning });
    if (releaseEnds !== undefined) sink({ type: 'log', level: 'warning', message: releaseEnds });
  }
  const unfit = reports.filter(({ state }) => state !== 'valid' && state !== 'expires-soon');
  if (mode === 'check' && unfit.length > 0) throw unfitKeys(unfit);
}

function keyText({ fingerprint, owner, state, expires, daysLeft, purpose, file }: KeyReport): string {
  const until = expires === undefined ? 'never expires' : `until ${expires.toISOString().slice(0, 10)}`;
  const left = daysLeft === undefined || daysLeft < 0 ? '' : ` (${daysLeft} days)`;
  return [
    `${fingerprint}  ${state}, ${until}${left}`,
    `  owner:    ${owner}`,
    `  purpose:  ${purpose}`,
    `  file:     keys/${file}`,
  ].join('\n');
}

function unfitKeys(reports: readonly KeyReport[]): AppError {
  return new AppError({
    kind: 'verification',
    code: 'keys.unfit',
    what: `${reports.length === 1 ? 'a pinned key' : `${reports.length} pinned keys`} could not sign today`,
    where: 'keys/keys.yaml',
    expected: 'keys that are valid now',
    got: reports.map(({ fingerprint, state, warning }) => warning ?? `${fingerprint} is ${state}`).join('\n'),
    next: "pin the key's successor in keys/keys.yaml, then name it in the recipes that use it",
  });
}
