import { BACK } from '../prompts.ts';
import type { Page } from '../page.ts';

export const storage: Page = {
  id: 'storage',
  title: 'Storage',
  ask: async ({ prompts, draft }) => {
    const before = draft.answers.storage;
    const recovery = await prompts.select(
      'Recovery key: a second key, shown once, for the drawer',
      [
        { name: 'Yes', value: true },
        { name: 'No: without the passphrase everything is lost', value: false },
      ],
      before?.['recovery-key'] ?? true,
    );
    if (recovery === BACK) return BACK;
    const scheme = await prompts.select(
      'How are the qubes stored?',
      [
        { name: 'LVM thin volumes', value: 'lvm-thin' as const },
        { name: 'Files on btrfs', value: 'btrfs' as const },
      ],
      before?.scheme ?? 'lvm-thin',
    );
    if (scheme === BACK) return BACK;
    const discard = await prompts.select(
      'Tell an SSD which blocks are free?',
      [
        { name: 'Yes: keeps it fast; the disk can see how much is in use', value: true },
        { name: 'No', value: false },
      ],
      before?.discard ?? true,
    );
    if (discard === BACK) return BACK;
    draft.answers.storage = { ...before, 'recovery-key': recovery, scheme, discard };
    return 'next';
  },
};
