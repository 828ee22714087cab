import { z } from 'zod';
import { parseBytes } from '../../core/bytes.ts';

const size = z
  .string()
  .refine((text) => parseBytes(text) !== undefined, 'expected a size such as 256GiB')
  .meta({ examples: ['256GiB'] });

const word = z.string().regex(/^[\x21-\x7e]{1,64}$/, 'expected 1 to 64 printable characters without spaces');

/** How the disk is named. All members must fit; `pick` decides between several that do. */
const diskMatch = z
  .strictObject({
    serial: z.string().min(1).optional(),
    model: z.string().min(1).optional().describe('May hold * for any text'),
    path: z
      .string()
      .regex(/^\/dev\/[a-z0-9/._:-]+$/i, 'expected a path below /dev')
      .optional(),
    transport: z.enum(['nvme', 'sata', 'ata', 'sas', 'usb', 'virtio', 'mmc']).optional(),
    'min-size': size.optional(),
    'max-size': size.optional(),
    pick: z.enum(['only', 'smallest', 'largest']).default('only'),
  })
  .describe('Which disk to install on');

const storage = z.strictObject({
  scheme: z
    .enum(['lvm-thin', 'btrfs'])
    .default('lvm-thin')
    .describe('btrfs keeps the qubes as reflinked files instead of thin volumes'),
  encryption: z.enum(['luks2', 'none']).default('luks2'),
  unencrypted: z
    .literal('I accept that anybody with the disk can read it')
    .optional()
    .describe('Must be there for encryption: none'),
  'recovery-key': z.boolean().default(true).describe('A second key, shown once, for the drawer'),
  discard: z
    .boolean()
    .default(true)
    .describe('Tells the SSD which blocks are free; it can then see how many are'),
  esp: z.enum(['new', 'keep']).default('new').describe('keep: the EFI system partition that is there stays'),
  header: z
    .string()
    .regex(/^\/dev\/disk\/by-(id|uuid|partuuid)\/[A-Za-z0-9._:+-]+$/, 'expected a path below /dev/disk/by-id')
    .optional()
    .describe('Puts the LUKS header on this other device; without it the disk cannot be opened'),
});

const qubes = z.strictObject({
  set: z.enum(['default', 'service', 'none']).default('default').describe('service: only the sys- qubes'),
  'sys-usb': z
    .enum(['auto', 'yes', 'no'])
    .default('auto')
    .describe('auto: unless dom0 needs every controller'),
  'allow-no-reset': z
    .array(z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/, 'expected a PCI address'))
    .default([])
    .describe('Network cards that sys-net may have although they cannot be reset'),
  virt: z
    .enum(['auto', 'pvh', 'pv'])
    .default('auto')
    .describe('How qubes without devices run; auto: pvh where the processor can do it'),
  autostart: z
    .array(z.string())
    .default([])
    .describe('Which of the default qubes start with the machine, in this order, after the service qubes'),
});

const usb = z.strictObject({
  keyboard: z
    .enum(['auto', 'allow', 'ask', 'deny'])
    .default('auto')
    .describe('auto: deny unless it is the only one'),
  mouse: z.enum(['allow', 'ask', 'deny']).default('ask'),
});

const user = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,30}$/, 'expected lower-case letters, digits, - and _, at most 31')
    .refine((name) => name !== 'root', 'root is locked; name another user')
    .default('user'),
  'full-name': z
    .string()
    .max(100)
    .regex(/^[^:,\p{Cc}]*$/u, 'must not hold colons, commas or control characters')
    .default(''),
});

const boot = z.strictObject({
  console: z.enum(['screen', 'serial']).default('screen').describe('Where the passphrase is asked for'),
  'xen-options': z.array(word).default([]).describe('Further options for the hypervisor'),
  'kernel-options': z.array(word).default([]).describe("Further options for dom0's kernel"),
});

/** The answers file, version 1: everything an installation needs to know but the secrets. */
export const answersSchema = z.strictObject({
  version: z.literal(1),
  language: z
    .string()
    .regex(/^[a-z]{2,3}_[A-Z]{2}\.UTF-8$|^C\.UTF-8$/, 'expected a locale such as de_DE.UTF-8')
    .default('en_US.UTF-8'),
  keyboard: z
    .strictObject({
      layout: z
        .string()
        .regex(/^[a-z]{2,10}$/, 'expected a layout such as us or de')
        .default('us'),
      variant: z
        .string()
        .regex(/^[a-z0-9_-]{0,30}$/i, 'expected a variant such as nodeadkeys')
        .default(''),
    })
    .prefault({}),
  timezone: z
    .string()
    .regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+){0,2}$/, 'expected a zone such as Europe/Berlin')
    .default('UTC'),
  hostname: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'expected letters, digits and hyphens, at most 63')
    .default('dom0'),
  user: user.prefault({}),
  disk: diskMatch,
  storage: storage.prefault({}),
  templates: z
    .union([z.literal('all'), z.array(z.string().min(1)).min(1)])
    .default('all')
    .describe('Names of the templates on the medium'),
  'default-template': z.string().optional(),
  qubes: qubes.prefault({}),
  usb: usb.prefault({}),
  boot: boot.prefault({}),
  overrides: z
    .array(z.string().min(1))
    .default([])
    .describe('Ids of blocking findings to go on in spite of, for example iommu'),
});

export type Answers = z.output<typeof answersSchema>;
export type AnswersInput = z.input<typeof answersSchema>;
export type DiskMatch = Answers['disk'];

/** The second file. Its values never leave it but by a file descriptor. */
export const secretsSchema = z.strictObject({
  passphrase: z.string().min(1).optional(),
  'user-password': z.string().min(1).optional(),
});

/** The JSON Schema (2020-12) of the answers file. */
export function answersJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(answersSchema, { io: 'input' }),
    title: 'Qubeforge installer answers, version 1',
  };
}
