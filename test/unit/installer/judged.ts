import { blockers, findingsOf } from '../../../installer/checks/registry.ts';
import { probe } from '../../../installer/probe/probe.ts';
import { fakeSource, type FakeMachine } from './machines.ts';

/** A fake machine, probed and judged. */
export async function judged(machine: FakeMachine, made?: number) {
  const hardware = await probe(fakeSource(machine), made);
  const findings = findingsOf(hardware);
  const of = (id: string) => {
    const finding = findings.find((one) => one.id === id);
    return finding === undefined ? 'absent' : `${finding.level} ${finding.state}`;
  };
  return { hardware, findings, of, blocked: blockers(findings, []).map((finding) => finding.id) };
}
