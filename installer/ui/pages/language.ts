import { BACK } from '../prompts.ts';
import type { Page } from '../page.ts';

/** Name, locale, and what is suggested with it: layout of the keyboard and time zone. */
const LANGUAGES: readonly (readonly [string, string, string, string])[] = [
  ['English (US)', 'en_US.UTF-8', 'us', 'UTC'],
  ['English (UK)', 'en_GB.UTF-8', 'gb', 'Europe/London'],
  ['Cestina', 'cs_CZ.UTF-8', 'cz', 'Europe/Prague'],
  ['Dansk', 'da_DK.UTF-8', 'dk', 'Europe/Copenhagen'],
  ['Deutsch', 'de_DE.UTF-8', 'de', 'Europe/Berlin'],
  ['Deutsch (Schweiz)', 'de_CH.UTF-8', 'ch', 'Europe/Zurich'],
  ['Espanol', 'es_ES.UTF-8', 'es', 'Europe/Madrid'],
  ['Francais', 'fr_FR.UTF-8', 'fr', 'Europe/Paris'],
  ['Italiano', 'it_IT.UTF-8', 'it', 'Europe/Rome'],
  ['Magyar', 'hu_HU.UTF-8', 'hu', 'Europe/Budapest'],
  ['Nederlands', 'nl_NL.UTF-8', 'us', 'Europe/Amsterdam'],
  ['Norsk', 'nb_NO.UTF-8', 'no', 'Europe/Oslo'],
  ['Polski', 'pl_PL.UTF-8', 'pl', 'Europe/Warsaw'],
  ['Portugues (Brasil)', 'pt_BR.UTF-8', 'br', 'America/Sao_Paulo'],
  ['Russian', 'ru_RU.UTF-8', 'us', 'Europe/Moscow'],
  ['Suomi', 'fi_FI.UTF-8', 'fi', 'Europe/Helsinki'],
  ['Svenska', 'sv_SE.UTF-8', 'se', 'Europe/Stockholm'],
  ['Turkce', 'tr_TR.UTF-8', 'tr', 'Europe/Istanbul'],
  ['Ukrainian', 'uk_UA.UTF-8', 'us', 'Europe/Kyiv'],
  ['Japanese', 'ja_JP.UTF-8', 'us', 'Asia/Tokyo'],
];

export const language: Page = {
  id: 'language',
  title: 'Language of the installed system',
  ask: async ({ prompts, draft }) => {
    prompts.show('The installer itself speaks English.');
    const choices = LANGUAGES.map(([name, value]) => ({ name, value }));
    const chosen = await prompts.select('Language', choices, draft.answers.language ?? 'en_US.UTF-8');
    if (chosen === BACK) return BACK;
    draft.answers.language = chosen;
    const [, , layout = 'us', timezone = 'UTC'] = LANGUAGES.find(([, value]) => value === chosen) ?? [];
    draft.suggested = { layout, timezone };
    return 'next';
  },
};
