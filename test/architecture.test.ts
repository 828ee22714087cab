import { describe, expect, it } from 'vitest';
import { PURE } from '../eslint.config.ts';
import { importsOf, projectFiles, ROOT, textOf } from './support/sources.ts';

const files = projectFiles();
const programs = files.filter((path) => /^(core|edge|builder|installer|runtime)\/.*\.ts$/.test(path));
const isPure = (path: string): boolean => PURE.some((glob) => path.startsWith(glob.replace(/\*\*$/, '')));

/** Offences as `file: what`, so that a failure names the place. */
function offences(paths: readonly string[], of: (path: string) => readonly string[]): string[] {
  return paths.flatMap((path) => of(path).map((offence) => `${path}: ${offence}`));
}

const BUILTINS_WITHOUT_EFFECTS = new Set([
  ...['node:assert', 'node:buffer', 'node:crypto', 'node:path', 'node:url', 'node:util', 'node:zlib'],
  ...['node:stream', 'node:stream/web', 'node:stream/promises', 'node:events', 'node:string_decoder'],
]);

describe('imports', () => {
  it('of core stay in core', () => {
    const core = programs.filter((path) => path.startsWith('core/'));
    expect(
      offences(core, (path) =>
        importsOf(path)
          .filter(isOurs)
          .filter((name) => !name.startsWith('core/')),
      ),
    ).toEqual([]);
  });

  it('of pure folders stay in pure folders and touch nothing outside', () => {
    const pure = programs.filter(isPure);
    expect(pure.length).toBeGreaterThan(20);
    const impure = (name: string): boolean =>
      isOurs(name) ? !isPure(name) : name.startsWith('node:') && !BUILTINS_WITHOUT_EFFECTS.has(name);
    expect(offences(pure, (path) => importsOf(path).filter(impure))).toEqual([]);
  });

  it('never go from the edge or a library folder up to a command line', () => {
    const below = programs.filter((path) => !/\/cli\//.test(path));
    expect(offences(below, (path) => importsOf(path).filter((name) => /\/cli\//.test(name)))).toEqual([]);
  });

  it('never go from one program into the insides of another', () => {
    const foreign: Readonly<Record<string, RegExp>> = {
      builder: /^(installer|runtime)\//,
      installer: /^builder\/(cli|stages|outputs)\//,
      runtime: /^(installer|builder)\//,
    };
    const crossing = (path: string): string[] => {
      // It prints the schemas of all three programs.
      if (path === 'builder/cli/schemas.ts') return [];
      const forbidden = foreign[path.split('/')[0] ?? ''];
      return forbidden === undefined ? [] : importsOf(path).filter((name) => forbidden.test(name));
    };
    expect(offences(programs, crossing)).toEqual([]);
  });

  it('of packages with effects stand where they belong', () => {
    const homes: Readonly<Record<string, RegExp>> = {
      zx: /^edge\//,
      listr2: /^edge\/report-tty\.ts$/,
      openpgp: /^(builder\/(verify|release)|installer\/medium(-check)?)\//,
      inquirer: /^installer\/ui\//,
    };
    const strays = (path: string): string[] =>
      importsOf(path).filter((name) => {
        const home = homes[name.split('/')[0] ?? ''];
        return home !== undefined && !home.test(path);
      });
    expect(offences(programs, strays)).toEqual([]);
  });

  it('name files by their ending, as Node does', () => {
    const odd = (name: string): boolean => isOurs(name) && !/\.(ts|json)$/.test(name);
    expect(offences(programs, (path) => importsOf(path).filter(odd))).toEqual([]);
  });
});

function isOurs(name: string): boolean {
  return programs.includes(name) || /^(core|edge|builder|installer|runtime)\//.test(name);
}

describe('registries', () => {
  /** The folder, the registry, and what shows that a file has something to register. */
  const REGISTRIES: readonly (readonly [string, string, RegExp])[] = [
    ['builder/recipe/kinds/', 'builder/recipe/kinds/registry.ts', /kind: z\.literal\(/],
    ['builder/recipe/families/', 'builder/recipe/families/registry.ts', /family: z\.literal\(/],
    ['builder/stages/', 'builder/stages/registry.ts', /\bdefineStage[<(]/],
    ['builder/outputs/', 'builder/stages/registry.ts', /\bdefineStage[<(]/],
  ];

  it.each(REGISTRIES)('of %s know every file there', (folder, registry, mark) => {
    const members = programs.filter((path) => path.startsWith(folder) && mark.test(textOf(path)));
    const known = programs.includes(registry) ? importsOf(registry) : [];
    expect(members.filter((path) => !known.includes(path))).toEqual([]);
  });
});

describe('files', () => {
  it('have at most 300 lines of code', () => {
    const long = (path: string): string[] => {
      const lines = textOf(path)
        .split('\n')
        .filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length;
      return lines > 300 ? [`${lines} lines`] : [];
    };
    expect(
      offences(
        files.filter((path) => path.endsWith('.ts')),
        long,
      ),
    ).toEqual([]);
  });

  const texts = files.filter((path) => !path.startsWith('LICENSE'));

  it('name no registry: which mirror to ask is for the user and the recipe to say', () => {
    // Written in parts, for this file is searched as well.
    const hosts = [
      ['deb', 'debian', 'org'],
      ['snapshot', 'debian', 'org'],
      ['registry', 'npmjs', 'org'],
    ];
    const named = (path: string): string[] =>
      hosts
        .map((parts) => parts.join('.'))
        .filter((host) => new RegExp(`(^|[^\\w-])${host.replaceAll('.', '\\.')}`).test(textOf(path)));
    expect(offences(texts, named)).toEqual([]);
  });

  it('name no directory of the machine they were written on', () => {
    const own = [ROOT, `/home/${process.env['USER'] ?? 'nobody'}/`].filter((path) => path.length > 6);
    expect(offences(texts, (path) => own.filter((place) => textOf(path).includes(place)))).toEqual([]);
  });

  it('promise nothing for later', () => {
    const sources = files.filter(
      (path) => /\.(ts|mjs|sh|yaml|c|h)$/.test(path) && path !== 'test/architecture.test.ts',
    );
    expect(
      offences(sources, (path) => [...textOf(path).matchAll(/\b(TODO|FIXME|XXX)\b/g)].map(([word]) => word)),
    ).toEqual([]);
  });
});
