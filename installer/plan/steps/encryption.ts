import { GIB, KIB, MIB } from '../../../core/bytes.ts';
import { dom0Memory } from '../boot.ts';
import { partition, type Context } from '../context.ts';
import { luksLabel, mapping } from '../identity.ts';
import { run, type Action, type Input, type Step } from '../step.ts';

/** What cryptsetup's key derivation may take: a quarter of what dom0 will have, at most 1 GiB. */
export function derivationMemory(memoryBytes: number | undefined): number {
  return Math.min(GIB, (dom0Memory(memoryBytes) * MIB) / 4);
}

const PASSPHRASE: readonly Input[] = [{ secret: 'passphrase' }];

/** The encrypted container: made, opened with the same passphrase, closed, and opened for the work. */
export function encryptionSteps(context: Context): Step[] {
  const { answers } = context;
  if (answers.storage.encryption === 'none') return [];
  const device = partition(context, 'system');
  const header = answers.storage.header;
  const at = header === undefined ? [device] : ['--header', header, device];
  const name = mapping(context.identity);
  return [
    formatStep(context, at, header ?? device),
    {
      id: 'luks-reopen',
      title: 'Open and close the disk with the same passphrase',
      apply: [
        closeIfOpen(name),
        { do: 'run', argv: ['cryptsetup', 'open', '--key-file=-', ...at, name], stdin: PASSPHRASE },
        run('cryptsetup', 'close', name),
      ],
      verify: [],
    },
    ...(answers.storage['recovery-key'] ? [recoveryStep(header ?? device)] : []),
    {
      id: 'luks-open',
      title: 'Open the encrypted disk',
      transient: true,
      already: { argv: ['test', '-b', `/dev/mapper/${name}`] },
      apply: [
        {
          do: 'run',
          argv: ['cryptsetup', 'open', ...allowDiscards(context), '--key-file=-', ...at, name],
          stdin: PASSPHRASE,
        },
        run('udevadm', 'settle'),
      ],
      verify: [{ argv: ['cryptsetup', 'status', name], says: 'is active' }],
      release: [['cryptsetup', 'close', name]],
    },
  ];
}

function formatStep(context: Context, at: readonly string[], holder: string): Step {
  const { disk, hardware, identity } = context;
  return {
    id: 'luks-format',
    title: 'Encrypt the system partition',
    apply: [
      closeIfOpen(mapping(identity)),
      {
        do: 'run',
        argv: [
          'cryptsetup',
          'luksFormat',
          '--batch-mode',
          '--type=luks2',
          '--cipher=aes-xts-plain64',
          '--key-size=512',
          '--hash=sha512',
          '--pbkdf=argon2id',
          `--pbkdf-memory=${derivationMemory(hardware.memoryBytes) / KIB}`,
          '--iter-time=2000',
          `--sector-size=${disk.logicalSector === 4096 ? 4096 : 512}`,
          `--label=${luksLabel(identity)}`,
          `--uuid=${identity.luks}`,
          '--key-file=-',
          ...at,
        ],
        stdin: PASSPHRASE,
      },
      run('udevadm', 'settle'),
    ],
    verify: [
      { argv: ['cryptsetup', 'luksUUID', holder], says: identity.luks },
      { argv: ['cryptsetup', 'luksDump', holder], says: [luksLabel(identity), 'argon2id'] },
    ],
  };
}

/**
 * A key in slot 1. An older one, of which nobody knows whether it was shown, is taken out first. Its derivation
 * is quick: nobody guesses 192 random bits, however fast they can try.
 */
function recoveryStep(holder: string): Step {
  return {
    id: 'recovery-key',
    title: 'Add the recovery key and show it',
    apply: [
      { do: 'run', argv: ['cryptsetup', 'luksKillSlot', '--batch-mode', holder, '1'], accept: [0, 1] },
      {
        do: 'run',
        argv: [
          ...(['cryptsetup', 'luksAddKey', '--batch-mode', '--new-key-slot=1'] as const),
          ...['--pbkdf=pbkdf2', '--pbkdf-force-iterations=1000', holder],
        ],
        stdin: [{ secret: 'passphrase' }, '\n', { secret: 'recovery-key' }, '\n'],
      },
      { do: 'show-recovery-key' },
    ],
    verify: [
      {
        argv: ['cryptsetup', 'open', '--test-passphrase', '--key-slot=1', '--key-file=-', holder],
        stdin: [{ secret: 'recovery-key' }],
      },
    ],
  };
}

function closeIfOpen(name: string): Action {
  return { do: 'run', argv: ['cryptsetup', 'close', name], accept: [0, 4] };
}

function allowDiscards(context: Context): string[] {
  return context.answers.storage.discard ? ['--allow-discards'] : [];
}
