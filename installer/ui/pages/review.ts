import { AppError } from '../../../core/errors.ts';
import { eraseToken } from '../../plan/choose-disk.ts';
import { showPlan, showSummary, showUntouched } from '../../plan/show.ts';
import type { Plan } from '../../plan/plan.ts';
import { BACK } from '../prompts.ts';
import type { Answered, Page, Wizard } from '../page.ts';

/** The plan that will be carried out, not a retelling of the answers. */
export const review: Page = {
  id: 'review',
  title: 'Review',
  ask: async (wizard) => {
    const { prompts, draft, seen } = wizard;
    if (draft.disk === undefined) return { goTo: 'disk' };
    const plan = wizard.makePlan({ version: 1, disk: {}, ...draft.answers }, seen);
    prompts.show(showSummary(plan.context).join('\n'));
    prompts.show(showUntouched(seen.hardware.disks, plan.context.disk).join('\n'));
    for (;;) {
      const chosen = await prompts.select(`Install? ${plan.steps.length} steps`, [
        { name: 'Install', value: 'install' as const },
        { name: 'Show every command', value: 'commands' as const },
        { name: 'Change something', value: 'change' as const },
      ]);
      if (chosen === BACK) return BACK;
      if (chosen === 'commands') prompts.show(showPlan(plan));
      if (chosen === 'change') {
        const page = await change(wizard);
        if (page !== BACK) return page;
      }
      if (chosen === 'install' && (await confirmed(wizard, plan))) {
        draft.plan = plan;
        return 'next';
      }
    }
  },
};

const CHANGEABLE = [
  'keyboard',
  'disk',
  'passphrase',
  'user',
  'hostname',
  'timezone',
  'templates',
  'devices',
  'storage',
];

async function change({ prompts }: Wizard): Promise<Answered> {
  const page = await prompts.select(
    'Change what?',
    CHANGEABLE.map((id) => ({ name: id, value: id })),
  );
  return page === BACK ? BACK : { goTo: page };
}

async function confirmed({ prompts }: Wizard, plan: Plan): Promise<boolean> {
  const token = eraseToken(plan.context.disk);
  const typed = await prompts.input(
    `Everything on ${plan.context.disk.path} will be erased. Type ${token} to begin`,
    {
      validate: (text) => (text === token ? undefined : `Type ${token}, or press Esc`),
    },
  );
  return typed === token;
}

/** The plan of a wizard that went through its review. */
export function reviewedPlan({ draft }: Pick<Wizard, 'draft'>): Plan {
  if (draft.plan !== undefined) return draft.plan;
  throw new AppError({ kind: 'bug', code: 'wizard.plan', what: 'The wizard ended without a plan' });
}
