import { AppError } from '../../../core/errors.ts';

/** One file of a package's control archive (deb-control(5) and its neighbours). */
export interface ControlMember {
  /** For example `control`, `md5sums`, `postinst`. */
  readonly name: string;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly content: Buffer;
}

/** A package that has been unpacked: what dpkg's database has to say of it. */
export interface UnpackedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly multiArch?: string | undefined;
  /** All paths of the data archive in its order, as stored there (`./usr/bin/env`). */
  readonly paths: readonly string[];
  readonly members: readonly ControlMember[];
  /** MD5 by path (`/etc/foo`) of every regular file that is a conffile. */
  readonly conffileSums: ReadonlyMap<string, string>;
  /** MD5 by path (`usr/bin/env`) of every regular file; only for packages that ship no `md5sums`. */
  readonly fileSums?: ReadonlyMap<string, string> | undefined;
}

/** A trigger that a package is interested in (deb-triggers(5)). */
export interface TriggerInterest {
  readonly trigger: string;
  readonly package: string;
  readonly noawait: boolean;
}

export interface InfoFile {
  /** File name below /var/lib/dpkg/info. */
  readonly name: string;
  readonly mode: number;
  /** Seconds since 1970; absent for what dpkg itself writes. */
  readonly mtime?: number;
  readonly content: Buffer;
}

/** How dpkg names a package where only co-installable ones need their architecture (`Multi-Arch: same`). */
export function infoName(pkg: Pick<UnpackedPackage, 'name' | 'architecture' | 'multiArch'>): string {
  return pkg.multiArch === 'same' ? `${pkg.name}:${pkg.architecture}` : pkg.name;
}

/** The files of /var/lib/dpkg/info for one package, as dpkg 1.22 (info format 1) leaves them after unpacking. */
export function infoFiles(pkg: UnpackedPackage): InfoFile[] {
  const base = infoName(pkg);
  const list = pkg.paths.map(listedPath).join('\n');
  const files: InfoFile[] = [{ name: `${base}.list`, mode: 0o644, content: Buffer.from(`${list}\n`) }];
  for (const member of pkg.members) {
    if (member.name === 'control') continue;
    files.push({ ...member, name: `${base}.${member.name}` });
  }
  if (pkg.fileSums !== undefined) {
    const lines = [...pkg.fileSums].map(([path, sum]) => `${sum}  ${path}\n`).join('');
    files.push({ name: `${base}.md5sums`, mode: 0o644, content: Buffer.from(lines) });
  }
  return files;
}

/** `./usr/bin/` is `/usr/bin` in a .list file, and the archive's root is `/.`. */
function listedPath(path: string): string {
  const trimmed = path.replace(/^\.?\/*/, '').replace(/\/+$/, '');
  return trimmed === '' ? '/.' : `/${trimmed}`;
}

/** The package's stanza of /var/lib/dpkg/status, state `unpacked`; dpkg brings the fields in its own order. */
export function statusStanza(pkg: UnpackedPackage): string {
  const control = memberText(pkg, 'control').trimEnd();
  const conffiles = memberText(pkg, 'conffiles')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ` ${conffileEntry(line.trim(), pkg)}`);
  const fields = [control, 'Status: install ok unpacked'];
  if (conffiles.length > 0) fields.push(['Conffiles:', ...conffiles].join('\n'));
  return `${fields.join('\n')}\n`;
}

function conffileEntry(line: string, pkg: UnpackedPackage): string {
  const [flag, flagged] = line.split(/\s+/, 2);
  // deb-conffiles(5): a conffile that the package no longer ships, kept in the database as a mark.
  if (flag === 'remove-on-upgrade' && flagged !== undefined)
    return `${flagged} newconffile remove-on-upgrade`;
  const sum = pkg.conffileSums.get(line);
  if (sum === undefined) {
    throw new AppError({
      kind: 'verification',
      code: 'deb.conffile-missing',
      what: 'a conffile is listed that the package does not ship',
      where: `${pkg.name} ${pkg.version}: conffiles`,
      expected: 'a regular file of the package',
      got: line,
      next: 'report it to the maintainer of the package',
    });
  }
  return `${line} ${sum}`;
}

/** The interests of a package's `triggers` file; `activate` directives leave no trace in the database. */
export function triggerInterests(pkg: UnpackedPackage): TriggerInterest[] {
  return memberText(pkg, 'triggers')
    .split('\n')
    .flatMap((line) => {
      const [directive, trigger] = line.replace(/#.*/, '').trim().split(/\s+/);
      if (directive === undefined || trigger === undefined || !directive.startsWith('interest')) return [];
      return [{ trigger, package: infoName(pkg), noawait: directive === 'interest-noawait' }];
    });
}

/** The files of /var/lib/dpkg/triggers: `File` for paths, and one named after each explicit trigger. */
export function triggerFiles(interests: readonly TriggerInterest[]): Map<string, string> {
  const files = new Map<string, string>([
    ['File', ''],
    ['Unincorp', ''],
  ]);
  for (const { trigger, package: name, noawait } of interests) {
    const who = `${name}${noawait ? '/noawait' : ''}`;
    const [file, line] = trigger.startsWith('/') ? ['File', `${trigger} ${who}\n`] : [trigger, `${who}\n`];
    files.set(file, (files.get(file) ?? '') + line);
  }
  return files;
}

/** The text of a control member, or nothing. */
export function memberText(pkg: Pick<UnpackedPackage, 'members'>, name: string): string {
  return pkg.members.find((member) => member.name === name)?.content.toString('utf8') ?? '';
}
