import { blockers } from '../../checks/registry.ts';
import { showFindings, verdict } from '../../checks/show.ts';
import { BACK } from '../prompts.ts';
import type { Answered, Page, Wizard } from '../page.ts';

const WORDS = 'without isolation';

export const hardware: Page = {
  id: 'hardware',
  title: 'What this machine can do',
  ask: async (wizard) => {
    const { prompts } = wizard;
    for (;;) {
      const { findings, hardware: seen } = wizard.seen;
      const told = showFindings(findings.filter((finding) => finding.level !== 'ok'));
      await prompts.read(`${told}\n\n${verdict(seen, findings)}\n`.trimStart());
      const blocked = blockers(findings, []);
      const chosen = await prompts.select('Go on?', [
        ...(blocked.length === 0
          ? [{ name: 'Go on', value: 'next' as const }]
          : [{ name: 'Go on all the same (for tests only)', value: 'override' as const }]),
        { name: 'Show everything that was checked', value: 'all' as const },
        { name: 'Look again', value: 'again' as const },
      ]);
      if (chosen === BACK) return BACK;
      if (chosen === 'next') return accept(wizard, []);
      if (chosen === 'all') await prompts.read(`${showFindings(findings)}\n`);
      if (chosen === 'again') wizard.seen = await wizard.look();
      if (chosen === 'override' && (await sure(wizard))) {
        return accept(
          wizard,
          blocked.map((finding) => finding.id),
        );
      }
    }
  },
};

function accept({ draft }: Wizard, overrides: string[]): Answered {
  draft.answers.overrides = overrides;
  return 'next';
}

async function sure({ prompts }: Wizard): Promise<boolean> {
  prompts.show('The system would start, but would not keep its promise: qubes could reach each other.');
  const typed = await prompts.input(`Type "${WORDS}" to go on, or nothing to go back`, {
    validate: (text) => (text === '' || text === WORDS ? undefined : `Type: ${WORDS}`),
  });
  return typed === WORDS;
}
