import { formatBytes } from '../../../core/bytes.ts';
import { BACK } from '../prompts.ts';
import type { Page } from '../page.ts';

export const templates: Page = {
  id: 'templates',
  title: 'Templates and qubes',
  ask: async ({ prompts, draft, manifest }) => {
    const all = manifest.images.filter((image) => image.kind === 'template');
    const names = all.map((image) => image.name);
    const before = draft.answers.templates;
    const chosen = await prompts.several(
      'Which templates?',
      all.map((image) => ({ name: `${image.name} (${formatBytes(image['raw-size'])})`, value: image.name })),
      Array.isArray(before) ? before : names,
    );
    if (chosen === BACK) return BACK;
    if (chosen.length === 0) {
      prompts.show('Without a template there are no qubes. Mark one at least.');
      return { goTo: 'templates' };
    }
    const set = await prompts.select(
      'Which qubes?',
      [
        { name: 'Service qubes, personal, work, untrusted, vault', value: 'default' as const },
        { name: 'Service qubes only', value: 'service' as const },
        { name: 'None', value: 'none' as const },
      ],
      draft.answers.qubes?.set ?? 'default',
    );
    if (set === BACK) return BACK;
    draft.answers.templates = [...chosen];
    draft.answers.qubes = { ...draft.answers.qubes, set };
    return 'next';
  },
};
