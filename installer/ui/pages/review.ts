import { AppError } from '../../../core/errors.ts';
import { eraseToken } from '../../plan/choose-disk.ts';
import { showChoices, showPlan, showSummary, showUntouched } from '../../plan/show.ts';
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
    const lines = [
      ...showSummary(plan.context),
      ...showChoices(plan.context),
      ...showUntouched(seen.hardware.disks, plan.context.disk),
    ];
    await prompts.read(`${lines.join('\n')}\n`);
    for (;;) {
      const chosen = await prompts.select(`Install? ${plan.steps.length} steps`, [
        { name: 'Install', value: 'install' as const },
        { name: 'Show every command', value: 'commands' as const },
        { name: 'Change something', value: 'change' as const },
      ]);
      if (chosen === BACK) return BACK;
      if (chosen === 'commands') await prompts.read(`${showPlan(plan)}\n`);
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

const CHANGEABLE: readonly (readonly [string, string])[] = [
  ['language', 'Language'],
  ['keyboard', 'Keyboard'],
  ['disk', 'Disk'],
  ['passphrase', 'Passphrase of the disk'],
  ['user', 'User and password'],
  ['hostname', 'Name of the machine'],
  ['timezone', 'Time zone'],
  ['templates', 'Templates and qubes'],
  ['devices', 'USB and network devices'],
  ['storage', 'Storage and recovery key'],
];

async function change({ prompts }: Wizard): Promise<Answered> {
  const page = await prompts.select(
    'Change what?',
    CHANGEABLE.map(([value, name]) => ({ name, value })),
  );
  return page === BACK ? BACK : { goTo: page, once: true };
}

async function confirmed({ prompts }: Wizard, plan: Plan): Promise<boolean> {
  const token = eraseToken(plan.context.disk);
  prompts.show(`Everything on ${plan.context.disk.path} will be erased.`);
  const typed = await prompts.input(`Type ${token} to begin`, {
    validate: (text) => (text === token ? undefined : `Type ${token}, or press Esc`),
  });
  return typed === token;
}

/** The plan of a wizard that went through its review. */
export function reviewedPlan({ draft }: Pick<Wizard, 'draft'>): Plan {
  if (draft.plan !== undefined) return draft.plan;
  throw new AppError({ kind: 'bug', code: 'wizard.plan', what: 'The wizard ended without a plan' });
}
