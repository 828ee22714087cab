import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDeb822Sources, parseOneLineSources, readHostSources } from '../../../edge/apt-config.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

test('one-line sources: options and comments are passed over, deb-src and rubbish too', () => {
  const text = [
    '# deb http://commented.example.org/debian bookworm main',
    'deb http://a.example.org/debian bookworm main contrib # near',
    'deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://b.example.org/debian/ trixie main',
    'deb-src http://a.example.org/debian bookworm main',
    'deb',
    '  deb\thttp://c.example.org/debian\tsid\tmain',
  ].join('\n');
  expect(parseOneLineSources(text)).toEqual([
    { uri: 'http://a.example.org/debian', suites: ['bookworm'] },
    { uri: 'https://b.example.org/debian/', suites: ['trixie'] },
    { uri: 'http://c.example.org/debian', suites: ['sid'] },
  ]);
});

test('deb822 sources: several URIs, continuation lines, comments within, disabled stanzas', () => {
  const text = [
    'Types: deb deb-src',
    '# a comment',
    'URIs: http://a.example.org/debian',
    ' http://b.example.org/debian',
    'Suites: trixie trixie-updates',
    'Components: main',
    '',
    'Types: deb-src',
    'URIs: http://c.example.org/debian',
    'Suites: trixie',
    '',
    'Enabled: no',
    'Types: deb',
    'URIs: http://d.example.org/debian',
    'Suites: trixie',
  ].join('\n');
  const suites = ['trixie', 'trixie-updates'];
  expect(parseDeb822Sources(text)).toEqual([
    { uri: 'http://a.example.org/debian', suites },
    { uri: 'http://b.example.org/debian', suites },
  ]);
});

test('reads both kinds of file; a machine without apt has none', async () => {
  await using dir = await temporaryDirectory();
  expect(await readHostSources(join(dir.path, 'none'))).toEqual([]);
  await mkdir(join(dir.path, 'sources.list.d'));
  await writeFile(join(dir.path, 'sources.list'), 'deb http://a.example.org/debian sid main\n');
  const stanza = 'Types: deb\nURIs: http://b.example.org/debian\nSuites: sid\n';
  await writeFile(join(dir.path, 'sources.list.d/b.sources'), stanza);
  await writeFile(
    join(dir.path, 'sources.list.d/c.list.disabled'),
    'deb http://c.example.org/debian sid main\n',
  );
  expect((await readHostSources(dir.path)).map(({ uri }) => uri)).toEqual([
    'http://a.example.org/debian',
    'http://b.example.org/debian',
  ]);
});
