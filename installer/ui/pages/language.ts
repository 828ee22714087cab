import { BACK } from '../prompts.ts';
import type { Page } from '../page.ts';

const LANGUAGES: readonly (readonly [string, string])[] = [
  ['English (US)', 'en_US.UTF-8'],
  ['English (UK)', 'en_GB.UTF-8'],
  ['Cestina', 'cs_CZ.UTF-8'],
  ['Dansk', 'da_DK.UTF-8'],
  ['Deutsch', 'de_DE.UTF-8'],
  ['Deutsch (Schweiz)', 'de_CH.UTF-8'],
  ['Espanol', 'es_ES.UTF-8'],
  ['Francais', 'fr_FR.UTF-8'],
  ['Italiano', 'it_IT.UTF-8'],
  ['Magyar', 'hu_HU.UTF-8'],
  ['Nederlands', 'nl_NL.UTF-8'],
  ['Norsk', 'nb_NO.UTF-8'],
  ['Polski', 'pl_PL.UTF-8'],
  ['Portugues (Brasil)', 'pt_BR.UTF-8'],
  ['Russian', 'ru_RU.UTF-8'],
  ['Suomi', 'fi_FI.UTF-8'],
  ['Svenska', 'sv_SE.UTF-8'],
  ['Turkce', 'tr_TR.UTF-8'],
  ['Ukrainian', 'uk_UA.UTF-8'],
  ['Japanese', 'ja_JP.UTF-8'],
];

export const language: Page = {
  id: 'language',
  title: 'Language of the installed system (the installer itself speaks English)',
  ask: async ({ prompts, draft }) => {
    const choices = LANGUAGES.map(([name, value]) => ({ name, value }));
    const chosen = await prompts.select('Language', choices, draft.answers.language ?? 'en_US.UTF-8');
    if (chosen === BACK) return BACK;
    draft.answers.language = chosen;
    return 'next';
  },
};
