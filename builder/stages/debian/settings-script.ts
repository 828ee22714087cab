import { shellQuote } from '../../sandbox/script.ts';

/** What a recipe says of the system besides its packages; see `systemSettings` of the recipe schema. */
export interface Settings {
  readonly hostname: string;
  readonly locale: string;
  readonly timezone: string;
  readonly target?: string | undefined;
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly mask: readonly string[];
  readonly users: readonly {
    readonly name: string;
    readonly uid: number;
    readonly groups: readonly string[];
    readonly shell: string;
    readonly home?: string | undefined;
    readonly comment: string;
  }[];
}

/** A file of ours in the image: `name` is its name below /in/files. */
export interface Overlay {
  readonly name: string;
  readonly target: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

/** Applies a recipe's settings in a configured tree with the tree's own tools, then lays its files over it. */
export function settingsScript(settings: Settings | undefined, overlays: readonly Overlay[]): string {
  return [...(settings === undefined ? [] : settingLines(settings)), ...overlays.map(overlayLine)].join('\n');
}

function settingLines(settings: Settings): string[] {
  const { hostname, locale, timezone, target, users } = settings;
  const units = (verb: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`inside systemctl ${verb} ${names.map(shellQuote).join(' ')} >&2`];
  return [
    `echo ${shellQuote(hostname)} >$root/etc/hostname`,
    `printf '127.0.0.1\\tlocalhost\\n127.0.1.1\\t%s\\n' ${shellQuote(hostname)} >$root/etc/hosts`,
    `echo LANG=${shellQuote(locale)} >$root/etc/locale.conf`,
    ...localeLines(locale),
    `if [ -e $root/usr/share/zoneinfo ]; then ln -sfn /usr/share/zoneinfo/${shellQuote(timezone)} $root/etc/localtime; fi`,
    ...users.flatMap(userLines),
    ...units('enable', settings.enable),
    ...units('disable', settings.disable),
    ...units('mask', settings.mask),
    ...(target === undefined ? [] : [`inside systemctl set-default ${shellQuote(target)} >&2`]),
  ];
}

/** Compiles a locale that no package brings compiled, and has it compiled again when its package is updated. */
function localeLines(locale: string): string[] {
  const [, source, charset = '', modifier = ''] = /^(\w+)\.([^@]+)(@.+)?$/.exec(locale) ?? [];
  if (source === undefined || source === 'C') return [];
  const compiled = `${source}.${charset.toLowerCase().replaceAll('-', '')}${modifier}`;
  const definition = `${source}${modifier}`;
  return [
    `if ! inside locale -a | grep -q -x -F ${shellQuote(compiled)}; then`,
    `  if [ ! -e $root/usr/share/i18n/locales/${shellQuote(definition)} ]; then`,
    `    echo ${shellQuote(`system.locale: no package of this recipe has ${locale}: add locales, or its language pack`)} >&2`,
    `    exit 1`,
    `  fi`,
    `  inside localedef --no-archive -i ${shellQuote(definition)} -f ${shellQuote(charset)} ${shellQuote(locale)} >&2`,
    `  if [ -e $root/etc/locale.gen ]; then echo ${shellQuote(`${locale} ${charset}`)} >>$root/etc/locale.gen; fi`,
    `fi`,
  ];
}

/** An account that a package made before becomes what the recipe says. */
function userLines({ name, uid, groups, shell, home, comment }: Settings['users'][number]): string[] {
  const [user, directory] = [shellQuote(name), shellQuote(home ?? `/home/${name}`)];
  const words = [
    ...['--uid', String(uid), '--home-dir', directory, '--shell', shellQuote(shell)],
    ...['--comment', shellQuote(comment)],
    ...(groups.length === 0 ? [] : ['--groups', shellQuote(groups.join(','))]),
  ].join(' ');
  return [
    ...groups.map((group) => `inside groupadd --force --system ${shellQuote(group)} >&2`),
    `if ! grep -q ${shellQuote(`^${name}:`)} $root/etc/passwd; then`,
    `  inside useradd --user-group --create-home ${words} ${user} >&2`,
    `else`,
    `  inside usermod ${words.replace('--home-dir', '--home')} ${user} >&2`,
    `  if [ ! -e $root${directory} ]; then`,
    `    inside cp -a /etc/skel ${directory} && inside chown -R ${user}: ${directory}`,
    `    inside chmod 0700 ${directory}`,
    `  fi`,
    `fi`,
  ];
}

function overlayLine({ name, target, mode, owner, group }: Overlay): string {
  const place = shellQuote(target);
  const parent = shellQuote(target.slice(0, target.lastIndexOf('/')) || '/');
  return [
    `mkdir -p $root${parent}`,
    `cp /in/files/${name} $root${place}`,
    `inside chown ${shellQuote(`${owner}:${group}`)} ${place}`,
    `chmod ${mode} $root${place}`,
  ].join('\n');
}
