import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseOwnPackage } from '../../../builder/recipe/own-package/load.ts';

const PACKAGES = { dom0: ['package'], guest: ['lib', 'units', 'services', 'nft', 'conf'] } as const;

describe.each(Object.entries(PACKAGES))('the package of %s', (folder, parts) => {
  const root = join('runtime', folder);
  const path = join(root, 'package.yaml');
  const { files, links, build } = parseOwnPackage(path, readFileSync(path, 'utf8')).definition;
  const sources = files.flatMap(({ source }) => (source === undefined ? [] : [source]));

  it('names every file of its folders, and only files that exist', () => {
    const present = parts.flatMap((part) => readdirSync(join(root, part)).map((name) => `${part}/${name}`));
    expect([...sources].sort()).toEqual(present.sort());
  });

  it('makes scripts executable, and nothing else of what it copies', () => {
    for (const { source, mode } of files) {
      if (source === undefined) continue;
      const script = readFileSync(join(root, source), 'utf8').startsWith('#!');
      expect([source, mode]).toEqual([source, script ? '0755' : '0644']);
    }
  });

  it('switches every unit on where the unit says', () => {
    const wanted = sources
      .filter((source) => /\.(service|path|timer)$/.test(source))
      .flatMap((source) => {
        const [, target] = /^WantedBy=(.*)$/m.exec(readFileSync(join(root, source), 'utf8')) ?? [];
        const unit = basename(source);
        return target === undefined
          ? []
          : [{ path: `/usr/lib/systemd/system/${target}.wants/${unit}`, to: `../${unit}` }];
      });
    expect([...links].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(
      wanted.sort((a, b) => (a.path < b.path ? -1 : 1)),
    );
  });

  it('starts only programs that it brings along', () => {
    const targets = new Set(files.map(({ target }) => target));
    for (const source of sources.filter((name) => name.endsWith('.service'))) {
      const text = readFileSync(join(root, source), 'utf8');
      for (const [, program] of text.matchAll(/^Exec\w+=-?(\/usr\/lib\/qubeforge\/\S+)/gm)) {
        expect(targets).toContain(program);
      }
    }
  });

  it('has everything below /usr and /etc', () => {
    for (const { target } of files) expect(target).toMatch(/^\/(etc|usr)\//);
  });

  it('builds what it says from the Makefile', () => {
    const makefile = readFileSync(join(root, build!.directory, 'Makefile'), 'utf8');
    for (const output of build!.outputs) expect(makefile).toContain(`\n${output}:`);
  });
});
