import { AppError } from '../../core/errors.ts';
import { loadManifest } from '../medium/load.ts';
import { answersSchema } from '../plan/answers.ts';
import { chooseDisk } from '../plan/choose-disk.ts';
import { drawIdentity } from '../plan/identity.ts';
import { makePlan } from '../plan/plan.ts';
import type { WizardPorts } from '../ui/page.ts';
import { reviewedPlan } from '../ui/pages/review.ts';
import { BACK } from '../ui/prompts.ts';
import { runWizard } from '../ui/wizard.ts';
import type { Arguments } from './args.ts';
import { look, sourceOf } from './check.ts';
import { installPlan, showPrepared } from './install.ts';
import type { Ports } from '../ports.ts';
import { assertInstallable } from './prepare.ts';
import { hasInterrupted, resumeWith } from './resume.ts';
import { needSecrets } from './secrets.ts';

/** The questions, then the installation. `--dry-run` ends with the plan. */
export async function wizard(args: Arguments, ports: Ports): Promise<number> {
  const medium = args.medium ?? ports.medium;
  const source = await sourceOf(args, ports);
  const seen = await look(source, medium);
  const prompts = ports.prompts();
  if (!args.dryRun && (await hasInterrupted(seen, ports))) {
    const chosen = await prompts.select('An installation was interrupted on this machine.', [
      { name: 'Go on with it', value: 'resume' as const },
      { name: 'Begin anew', value: 'new' as const },
    ]);
    if (chosen === 'resume') return resumeByHand(args, ports);
  }
  const manifest = await loadManifest(ports, medium, ports.mediumKey);
  const wizardPorts: WizardPorts = {
    prompts,
    manifest,
    look: () => look(source, medium),
    setKeyboard: ports.setKeyboard,
    makePlan: (input, { hardware }) => {
      const answers = answersSchema.parse({ ...input, boot: { console: ports.console } });
      const disk = chooseDisk(hardware.disks, answers.disk);
      const identity = drawIdentity(ports.randomUuid);
      return makePlan({ ...manifest, answers, disk, hardware, identity });
    },
  };
  const draft = await runWizard(wizardPorts, seen);
  const plan = reviewedPlan({ draft });
  if (args.dryRun) {
    showPrepared(args, ports, { seen, plan, manifest });
    return 0;
  }
  const now = await look(source, medium);
  assertInstallable(now.findings, plan.context.answers.overrides);
  const { passphrase, userPassword } = draft;
  return installPlan(args, ports, plan, needSecrets({ passphrase, userPassword }, plan.context.answers));
}

/** The secrets are nowhere, so a resumed installation asks for them again. */
async function resumeByHand(args: Arguments, ports: Ports): Promise<number> {
  const prompts = ports.prompts();
  const passphrase = await prompts.secret('Passphrase of the disk, as before');
  const userPassword = passphrase === BACK ? BACK : await prompts.secret('Password of the user, as before');
  if (passphrase === BACK || userPassword === BACK) {
    throw new AppError({
      kind: 'usage',
      code: 'wizard.stopped',
      what: 'The interrupted installation was left as it is',
      next: 'qubeforge-install resume',
    });
  }
  return resumeWith(args, ports, { passphrase, userPassword });
}
