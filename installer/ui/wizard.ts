import { AppError, describeError } from '../../core/errors.ts';
import { devices } from './pages/devices.ts';
import { disk } from './pages/disk.ts';
import { hardware } from './pages/hardware.ts';
import { keyboard } from './pages/keyboard.ts';
import { language } from './pages/language.ts';
import { passphrase } from './pages/passphrase.ts';
import { review } from './pages/review.ts';
import { storage } from './pages/storage.ts';
import { templates } from './pages/templates.ts';
import { timezone } from './pages/timezone.ts';
import { hostname, user } from './pages/user.ts';
import type { Draft, Page, WizardPorts } from './page.ts';
import type { Seen } from '../checks/seen.ts';
import { BACK } from './prompts.ts';

/** The pages in their order. A new page is one file and one line here. */
export const PAGES: readonly Page[] = [
  language,
  keyboard,
  hardware,
  disk,
  passphrase,
  user,
  hostname,
  timezone,
  templates,
  devices,
  storage,
  review,
];

/**
 * Asks page after page until the review is confirmed. A mistake is told and asked again; only Ctrl-C
 * leaves, by an `AppError`. `pages` is for tests.
 */
export async function runWizard(
  ports: WizardPorts,
  seen: Seen,
  pages: readonly Page[] = PAGES,
): Promise<Draft> {
  const wizard = { ...ports, seen, draft: { answers: {} } as Draft };
  let at = 0;
  /** Where a page that was asked for once leads back to. */
  let back: number | undefined;
  while (at < pages.length) {
    const page = pages[at];
    if (page === undefined) break;
    ports.prompts.show(`\n--- ${at + 1}/${pages.length} ${page.title} ---`);
    const next = await step(wizard, pages, at, page);
    if (next.once) [back, at] = [at, next.at];
    else if (next.at === at) continue;
    else [back, at] = [undefined, back ?? next.at];
  }
  return wizard.draft;
}

interface Next {
  readonly at: number;
  readonly once?: true | undefined;
}

async function step(
  wizard: Parameters<Page['ask']>[0],
  pages: readonly Page[],
  at: number,
  page: Page,
): Promise<Next> {
  try {
    const answered = await page.ask(wizard);
    if (answered === BACK) return { at: Math.max(0, at - 1) };
    if (answered === 'next') return { at: at + 1 };
    const there = pages.findIndex((one) => one.id === answered.goTo);
    return { at: there < 0 ? at : there, once: answered.once };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'wizard.stopped') throw error;
    wizard.prompts.show(`\n${describeError(error)}\n`);
    const next = await wizard.prompts.select('What now?', [
      { name: 'Try again', value: at },
      { name: 'Go back', value: Math.max(0, at - 1) },
    ]);
    return { at: next === BACK ? at : next };
  }
}
