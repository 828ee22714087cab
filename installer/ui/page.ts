import type { Secret } from '../../core/secret.ts';
import type { Manifest } from '../medium/manifest.ts';
import type { AnswersInput } from '../plan/answers.ts';
import type { Plan } from '../plan/plan.ts';
import type { Disk } from '../probe/model.ts';
import type { Seen } from '../checks/seen.ts';
import type { Back, Prompts } from './prompts.ts';

/** The answers while they are being given. */
export interface Draft {
  answers: Partial<AnswersInput>;
  /** What somebody with this language is likely to have. */
  suggested?: { readonly layout: string; readonly timezone: string };
  disk?: Disk;
  passphrase?: Secret;
  userPassword?: Secret;
  plan?: Plan;
}

/** What pages may ask of the machine. */
export interface WizardPorts {
  readonly prompts: Prompts;
  readonly look: () => Promise<Seen>;
  /** Makes the keyboard of this console type like the installed system's will. False when it cannot. */
  readonly setKeyboard: (layout: string, variant: string) => Promise<boolean>;
  readonly makePlan: (answers: AnswersInput, seen: Seen) => Plan;
  readonly manifest: Manifest;
}

export interface Wizard extends WizardPorts {
  seen: Seen;
  readonly draft: Draft;
}

/** `next`, `BACK`, or the id of the page to go to; `once`: then back to this one, without those between. */
export type Answered = 'next' | Back | { readonly goTo: string; readonly once?: true };

/** One page of questions. It writes to the draft only when it was answered. */
export interface Page {
  readonly id: string;
  readonly title: string;
  readonly ask: (wizard: Wizard) => Promise<Answered>;
}
