const FAMILIES = ['debian', 'ubuntu', 'fedora', 'arch'] as const;

/** Distributions that we know the commands of. */
export type Family = (typeof FAMILIES)[number];

/** What to do about a finding: a sentence, and the command on each distribution. */
export interface Remedy {
  readonly text: string;
  readonly commands: Readonly<Partial<Record<Family, string>>>;
}

/** The same command everywhere. */
export function everywhere(text: string, command: string): Remedy {
  return { text, commands: { debian: command, ubuntu: command, fedora: command, arch: command } };
}

/** Installing packages, by their names on Debian and Ubuntu, on Fedora, and on Arch. */
export function install(text: string, packages: { debian: string; fedora: string; arch: string }): Remedy {
  const apt = `sudo apt-get install ${packages.debian}`;
  return {
    text,
    commands: {
      debian: apt,
      ubuntu: apt,
      fedora: `sudo dnf install ${packages.fedora}`,
      arch: `sudo pacman -S ${packages.arch}`,
    },
  };
}

/** The family of a distribution by ID and ID_LIKE of os-release(5); undefined when it is none we know. */
export function familyOf(distribution: Readonly<Record<string, string>>): Family | undefined {
  const ids = [distribution['ID'] ?? '', ...(distribution['ID_LIKE'] ?? '').split(' ')];
  return ids.flatMap((id) => FAMILIES.filter((family) => family === id)).at(0);
}

/** The lines that tell `family` what to do, or everybody when it is unknown. */
export function remedyLines(remedy: Remedy, family: Family | undefined): string[] {
  const own = family === undefined ? undefined : remedy.commands[family];
  if (own !== undefined) return [remedy.text, ...own.split('\n')];
  const commands = FAMILIES.flatMap((name) =>
    (remedy.commands[name] ?? '').split('\n').map((line) => [name, line]),
  );
  const given = commands.filter(([, line]) => line !== '');
  const same = new Set(given.map(([, line]) => line));
  if (same.size <= 1) return [remedy.text, ...same].filter((line) => line !== undefined);
  return [remedy.text, ...given.map(([name, line]) => `${name}: ${line}`)];
}
