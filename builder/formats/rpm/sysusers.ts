import type { RpmDependency } from './dependencies-write.ts';

/** What rpm 4.19 and later take from the sysusers.d files of a package. */
export interface RpmAccounts {
  readonly provides: readonly RpmDependency[];
  readonly requires: readonly RpmDependency[];
}

/**
 * The capabilities that rpmbuild finds in a file of sysusers.d(5) (macro `add_sysuser`): rpm makes the accounts out of
 * them before it unpacks the package.
 */
export function sysusersAccounts(text: string): RpmAccounts {
  const provides: RpmDependency[] = [];
  const requires: RpmDependency[] = [];
  for (const line of text.split('\n').filter((one) => !one.startsWith('#'))) {
    const fields = line.split(/\s+/).filter((field) => field !== '');
    const [type = '', name = '', group = ''] = fields;
    const version = encode(fields.join(' '));
    if (/^u!?$/.test(type))
      provides.push({ name: `user(${name})`, operator: '=', version }, { name: `group(${name})` });
    if (type === 'g') provides.push({ name: `group(${name})`, operator: '=', version });
    if (type !== 'm') continue;
    provides.push({ name: `groupmember(${name}/${group})`, operator: '=', version });
    requires.push({ name: `user(${name})` }, { name: `group(${group})` });
  }
  return { provides, requires };
}

/** Base64; zeros fill the last group, since a version must not have the sign =. */
function encode(line: string): string {
  const bytes = Buffer.from(line);
  const zeros = (3 - (bytes.length % 3)) % 3;
  return Buffer.concat([bytes, Buffer.alloc(zeros)]).toString('base64');
}
