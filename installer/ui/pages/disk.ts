import { isCandidate } from '../../checks/disks.ts';
import { describeDisk, eraseToken } from '../../plan/choose-disk.ts';
import { showUntouched } from '../../plan/show.ts';
import type { Disk } from '../../probe/model.ts';
import { BACK } from '../prompts.ts';
import type { Page, Wizard } from '../page.ts';

export const disk: Page = {
  id: 'disk',
  title: 'Disk',
  ask: async (wizard) => {
    const { prompts, draft } = wizard;
    prompts.show('Everything on the disk that you choose will be erased.');
    for (;;) {
      const candidates = wizard.seen.hardware.disks.filter(isCandidate);
      const chosen = await prompts.select<Disk | 'again'>(
        // Short: beside the answer, it has to fit a line.
        candidates.length === 0 ? 'There is no disk to install on' : 'Disk',
        [
          ...candidates.map((one) => ({ name: describeDisk(one), value: one, description: contents(one) })),
          { name: 'Look for disks again', value: 'again' as const },
        ],
      );
      if (chosen === BACK) return BACK;
      if (chosen === 'again') {
        wizard.seen = await wizard.look();
        continue;
      }
      prompts.show(showUntouched(wizard.seen.hardware.disks, chosen).join('\n'));
      const sure = await confirm(wizard, chosen);
      if (sure !== 'next') continue;
      draft.disk = chosen;
      draft.answers.disk = chosen.serial === '' ? { path: chosen.path } : { serial: eraseToken(chosen) };
      return 'next';
    }
  },
};

function contents(one: Disk): string {
  if (one.systems.length > 0) return `Holds: ${one.systems.join(', ')}. It will be gone.`;
  return one.partitions.length > 0
    ? `Holds ${one.partitions.length} partitions. They will be gone.`
    : 'Empty.';
}

function confirm({ prompts }: Wizard, chosen: Disk) {
  return prompts.select(`${chosen.path}: ${contents(chosen)}`, [
    { name: 'Use this disk', value: 'next' as const },
    { name: 'Choose another', value: 'other' as const },
  ]);
}
