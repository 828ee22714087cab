import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mirrorsOf } from '../../../builder/fetch/mirrors.ts';
import { parseDeb822Sources, parseOneLineSources } from '../../../edge/apt-config.ts';

const word = fc.oneof(
  fc.constantFrom(
    'deb',
    'deb-src',
    'Types:',
    'URIs:',
    'Suites:',
    'Enabled:',
    'no',
    '[arch=amd64',
    ']',
    '#',
    'http://x/debian',
  ),
  fc.string({ maxLength: 8 }),
);
const text = fc.array(fc.array(word).map((words) => words.join(' '))).map((lines) => lines.join('\n'));
const repository = {
  name: 'debian',
  suites: ['trixie'],
  components: ['main'],
  mirrors: ['https://mirror.example.org/debian'],
  keys: [],
};

test('any configuration of the host is read without complaint and adds only mirrors of this distribution', () => {
  fc.assert(
    fc.property(text, (content) => {
      const host = [...parseOneLineSources(content), ...parseDeb822Sources(content)];
      const mirrors = mirrorsOf(repository, { chosen: new Map(), host });
      for (const { url, origin } of mirrors) {
        if (origin === 'host') expect(new URL(url).pathname.endsWith('/debian')).toBe(true);
      }
      expect(mirrors.at(-1)?.origin).toBe('recipe');
    }),
    { numRuns: 2000 },
  );
});
