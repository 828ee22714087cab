import { BACK, type Validate } from '../prompts.ts';
import type { Page } from '../page.ts';

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')];

const validate: Validate = (text) => {
  if (ZONES.includes(text)) return undefined;
  const near = ZONES.filter((zone) => zone.toLowerCase().includes(text.toLowerCase())).slice(0, 5);
  return near.length === 0
    ? 'No such zone: Europe/Berlin or UTC, for example'
    : `Do you mean ${near.join(', ')}?`;
};

export const timezone: Page = {
  id: 'timezone',
  title: 'Time zone',
  ask: async ({ prompts, draft }) => {
    const zone = await prompts.input('Time zone, for example Europe/Berlin', {
      initial: draft.answers.timezone ?? 'UTC',
      validate,
    });
    if (zone === BACK) return BACK;
    draft.answers.timezone = zone;
    return 'next';
  },
};
