import { answersSchema } from '../../plan/answers.ts';
import { BACK, type Validate } from '../prompts.ts';
import type { Page } from '../page.ts';
import { twice } from './passphrase.ts';

/** What the schema of the answers says of one member. */
function bySchema(member: (text: string) => object): Validate {
  return (text) => {
    const answers = { version: 1, disk: {}, ...member(text) };
    return answersSchema.safeParse(answers).error?.issues[0]?.message;
  };
}

export const user: Page = {
  id: 'user',
  title: 'User',
  ask: async (wizard) => {
    const { prompts, draft } = wizard;
    const name = await prompts.input('Name to log in with', {
      initial: draft.answers.user?.name ?? 'user',
      validate: bySchema((text) => ({ user: { name: text } })),
    });
    if (name === BACK) return BACK;
    const password = await twice(wizard, `Password of ${name}`, (text) =>
      text.length < 8 ? 'Eight characters at least' : undefined,
    );
    if (password === BACK) return BACK;
    draft.answers.user = { name };
    draft.userPassword = password;
    return 'next';
  },
};

export const hostname: Page = {
  id: 'hostname',
  title: 'Name of the machine',
  ask: async ({ prompts, draft }) => {
    const name = await prompts.input('Name of the machine', {
      initial: draft.answers.hostname ?? 'dom0',
      validate: bySchema((text) => ({ hostname: text })),
    });
    if (name === BACK) return BACK;
    draft.answers.hostname = name;
    return 'next';
  },
};
