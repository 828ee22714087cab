import { resolve } from 'node:path';
import { AppError } from '../../core/errors.ts';
import { cacheDirectory } from '../store/layout.ts';
import type { Globals, OptionTable, Values } from './command.ts';

/** Options that every command takes. */
export const GLOBAL_OPTIONS = {
  json: { type: 'boolean', help: 'one event a line on stdout, as JSON' },
  log: { type: 'string', value: 'FILE', help: 'write every event to FILE as JSON lines', complete: 'file' },
  quiet: { type: 'boolean', help: 'no progress on stderr' },
  mirror: {
    type: 'string',
    value: 'NAME=URL',
    multiple: true,
    help: 'address for a repository of a recipe; may be given again',
  },
  cache: {
    type: 'string',
    value: 'DIR',
    help: 'where downloads and results are kept (default: ~/.cache/qubeforge)',
    complete: 'directory',
  },
  help: { type: 'boolean', help: 'explain the command' },
  version: { type: 'boolean', help: 'print the version' },
} as const satisfies OptionTable;

type Env = Readonly<Record<string, string | undefined>>;

/** Global flags worked out from options and environment. Throws an `AppError` of kind `usage`. */
export function globalsOf(values: Values<typeof GLOBAL_OPTIONS>, env: Env, cwd: string): Globals {
  return {
    json: values.json,
    quiet: values.quiet,
    log: values.log === undefined ? undefined : resolve(cwd, values.log),
    cache: resolve(cwd, cacheDirectory(values.cache, env)),
    mirrors: mirrors(values.mirror, env),
  };
}

const MIRROR_VARIABLE = 'QUBEFORGE_MIRROR_';

function mirrors(given: readonly string[], env: Env): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const add = (name: string, url: string): void => {
    found.set(name, [...(found.get(name) ?? []), url.replace(/\/+$/, '')]);
  };
  for (const text of given) {
    const match = /^([a-z0-9][a-z0-9-]*)=(https?:\/\/\S+|file:\/\/\/\S+)$/.exec(text);
    const [, name, url] = match ?? [];
    if (name === undefined || url === undefined) throw badMirror('--mirror', text);
    add(name, url);
  }
  for (const [variable, url] of Object.entries(env)) {
    if (!variable.startsWith(MIRROR_VARIABLE) || url === undefined) continue;
    if (!/^(https?:\/\/|file:\/\/\/)\S+$/.test(url)) throw badMirror(variable, url);
    add(variable.slice(MIRROR_VARIABLE.length).toLowerCase().replaceAll('_', '-'), url);
  }
  return found;
}

function badMirror(where: string, got: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'usage.mirror',
    what: 'this is no mirror',
    where,
    expected: where === '--mirror' ? 'NAME=URL, the URL with http://, https:// or file:///' : 'an URL',
    got,
    next: 'for example --mirror debian=https://mirrors.kernel.org/debian',
  });
}
