import { AppError } from '../../../core/errors.ts';
import { defineCommand } from '../command.ts';

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'check that this machine can build images',
  details: 'Says what is missing and how to get it on Debian, Ubuntu, Fedora and Arch. Changes nothing.',
  options: {},
  async run({ sink, globals }) {
    const { run } = await import('../../../edge/runner.ts');
    const { hostFacts } = await import('../../../edge/host.ts');
    const { diagnose, diagnosisText } = await import('../../doctor/report.ts');
    const facts = await hostFacts(run, globals.cache);
    const diagnoses = diagnose(facts);
    sink({ type: 'result', name: 'doctor', value: diagnoses, text: diagnosisText(diagnoses, facts) });
    const problems = diagnoses.filter(({ state }) => state === 'problem');
    if (problems.length === 0) return;
    throw new AppError({
      kind: 'tool',
      code: 'doctor.problems',
      what: 'this machine cannot build images yet',
      got: problems.map(({ title, found }) => `${title}: ${found}`).join('\n'),
      next: 'do what the report says, then qubeforge doctor again',
    });
  },
});
