import { BACK, type Back } from '../prompts.ts';
import type { Page, Wizard } from '../page.ts';

const LAYOUTS: readonly (readonly [string, string, string])[] = [
  ['English (US)', 'us', ''],
  ['English (US, Dvorak)', 'us', 'dvorak'],
  ['English (US, Colemak)', 'us', 'colemak'],
  ['English (UK)', 'gb', ''],
  ['Belgian', 'be', ''],
  ['Czech', 'cz', ''],
  ['Danish', 'dk', ''],
  ['Dutch', 'nl', ''],
  ['Finnish', 'fi', ''],
  ['French', 'fr', ''],
  ['French (BEPO)', 'fr', 'bepo'],
  ['German', 'de', ''],
  ['German (no dead keys)', 'de', 'nodeadkeys'],
  ['German (Neo 2)', 'de', 'neo'],
  ['German (Switzerland)', 'ch', ''],
  ['Hungarian', 'hu', ''],
  ['Italian', 'it', ''],
  ['Norwegian', 'no', ''],
  ['Polish', 'pl', ''],
  ['Portuguese (Brazil)', 'br', ''],
  ['Spanish', 'es', ''],
  ['Swedish', 'se', ''],
  ['Turkish', 'tr', ''],
];

/** The passphrase is typed under this layout at every start, so it is tried out before. */
export const keyboard: Page = {
  id: 'keyboard',
  title: 'Keyboard',
  ask: async (wizard) => {
    for (;;) {
      const layout = await askLayout(wizard);
      if (layout === BACK) return BACK;
      const loaded = await wizard.setKeyboard(layout.layout, layout.variant);
      if (!loaded) {
        wizard.prompts.show(
          'The layout cannot be tried out here: a serial terminal has a keyboard of its own.',
        );
      }
      const right = await typingTest(wizard);
      if (right === BACK || right === 'other') continue;
      wizard.draft.answers.keyboard = layout;
      return 'next';
    }
  },
};

async function askLayout({ prompts, draft }: Wizard): Promise<{ layout: string; variant: string } | Back> {
  const key = (layout: string, variant: string): string => `${layout} ${variant}`;
  const now = draft.answers.keyboard;
  const chosen = await prompts.select(
    'Layout',
    LAYOUTS.map(([name, layout, variant]) => ({ name, value: key(layout, variant) })),
    key(now?.layout ?? draft.suggested?.layout ?? 'us', now?.variant ?? ''),
  );
  if (chosen === BACK) return BACK;
  const [layout = '', variant = ''] = chosen.split(' ');
  return { layout, variant };
}

async function typingTest({ prompts }: Wizard): Promise<'right' | 'other' | Back> {
  const typed = await prompts.input('Try the keys: letters, digits, y z @ - /');
  if (typed === BACK) return BACK;
  return prompts.select(`Did you mean to type "${typed}"?`, [
    { name: 'Yes, the keyboard is right', value: 'right' },
    { name: 'No, choose another layout', value: 'other' },
  ]);
}
