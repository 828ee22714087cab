import { BACK, type Validate } from '../prompts.ts';
import type { Page } from '../page.ts';

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')];

/** Every zone that `text` may mean: the one of that name, or all that have it in their name. */
function meant(text: string): readonly string[] {
  const wanted = text.trim().toLowerCase().replaceAll(' ', '_');
  const exact = ZONES.find((zone) => zone.toLowerCase() === wanted);
  if (exact !== undefined) return [exact];
  return wanted === '' ? [] : ZONES.filter((zone) => zone.toLowerCase().includes(wanted));
}

const validate: Validate = (text) => {
  const zones = meant(text);
  if (zones.length === 1) return undefined;
  return zones.length === 0
    ? 'No such zone: Europe/Berlin or UTC, for example'
    : `Do you mean ${zones.slice(0, 5).join(', ')}${zones.length > 5 ? ' ...' : ''}?`;
};

export const timezone: Page = {
  id: 'timezone',
  title: 'Time zone',
  ask: async ({ prompts, draft }) => {
    const typed = await prompts.input('Time zone or city', {
      initial: draft.answers.timezone ?? draft.suggested?.timezone ?? 'UTC',
      validate,
    });
    if (typed === BACK) return BACK;
    const [zone = 'UTC'] = meant(typed);
    if (zone !== typed) prompts.show(`The time zone is ${zone}.`);
    draft.answers.timezone = zone;
    return 'next';
  },
};
