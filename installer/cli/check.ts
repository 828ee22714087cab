import { findingsOf } from '../checks/registry.ts';
import type { Seen } from '../checks/seen.ts';
import { showFindings, verdict } from '../checks/show.ts';
import { probe } from '../probe/probe.ts';
import { parseRecording, printRecording, recordingSource, replaySource } from '../probe/recording.ts';
import type { Source } from '../probe/source.ts';
import { mediumDate } from '../medium/medium.ts';
import type { Arguments } from './args.ts';
import type { Ports } from '../ports.ts';
import { emit } from './output.ts';

const RECORDING = 'machine.json';

/** The machine in question: this one, or a recorded one. */
export async function sourceOf(args: Pick<Arguments, 'from'>, ports: Ports): Promise<Source> {
  if (args.from === undefined) return ports.machine;
  const path = `${args.from}/${RECORDING}`;
  return replaySource(parseRecording(await ports.readText(path), path));
}

/** Probes and judges a machine. */
export async function look(source: Source, medium: string): Promise<Seen> {
  const hardware = await probe(source, await mediumDate(source, medium));
  return { hardware, findings: findingsOf(hardware) };
}

/** `check`: exit code 6 when something blocks an installation. */
export async function check(args: Arguments, ports: Ports): Promise<number> {
  const source = await sourceOf(args, ports);
  const answers: Parameters<typeof printRecording>[0] = {};
  const { hardware, findings } = await look(
    args.record === undefined ? source : recordingSource(source, answers),
    args.medium ?? ports.medium,
  );
  if (args.record !== undefined) {
    await ports.writeText(`${args.record}/${RECORDING}`, printRecording(answers));
  }
  const text = `${showFindings(findings)}\n\n${verdict(hardware, findings)}`;
  emit(args, ports, { type: 'result', name: 'check', value: { hardware, findings }, text });
  return findings.some((finding) => finding.level === 'block') ? 6 : 0;
}
