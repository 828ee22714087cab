import { Secret } from '../../../core/secret.ts';
import { strengthOf } from '../../plan/strength.ts';
import { BACK, type Back, type Validate } from '../prompts.ts';
import type { Page, Wizard } from '../page.ts';

export const passphrase: Page = {
  id: 'passphrase',
  title: 'Passphrase of the disk',
  ask: async (wizard) => {
    const { prompts, draft } = wizard;
    prompts.show(
      'It is asked for at every start, under the keyboard layout that you chose. Five unrelated words are good.',
    );
    const chosen = await twice(wizard, 'Passphrase', (text) => {
      const strength = strengthOf(new Secret(text));
      if (strength.enough) return undefined;
      return `${strength.words}: about 10^${Math.floor(strength.digits)} guesses, 10^12 are needed`;
    });
    if (chosen === BACK) return BACK;
    prompts.show(`Strength: ${strengthOf(chosen).words}`);
    draft.passphrase = chosen;
    return 'next';
  },
};

/** A secret typed two times. A difference asks again from the first. */
export async function twice({ prompts }: Wizard, name: string, validate: Validate): Promise<Secret | Back> {
  for (;;) {
    const first = await prompts.secret(name, validate);
    if (first === BACK) return BACK;
    const second = await prompts.secret(`${name}, again`);
    if (second === BACK) continue;
    if (first.equals(second)) return first;
    prompts.show('The two were not the same. Try again.');
  }
}
