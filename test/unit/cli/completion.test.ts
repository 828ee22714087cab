import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../../builder/cli/completion.ts';
import { buildCommand } from '../../../builder/cli/commands/build.ts';
import { diffCommand } from '../../../builder/cli/commands/diff.ts';

const nothing = (): Promise<void> => Promise.resolve();
const commands = [buildCommand(nothing, ['rootfs-tar', 'template-image'], 2), diffCommand(nothing)];
const bash = completionScript('bash', commands, ['template-debian-13', 'toolbox']);

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const script = `${bash}
    COMP_WORDS=(qubeforge "$@"); COMP_CWORD=$#; _qubeforge; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-c', script, 'bash', ...words], { encoding: 'utf8' });
  return out.split('\n').filter((word) => word !== '');
}

describe('the bash completion', () => {
  it.each<[string[], string[]]>([
    [['bu'], ['build']],
    [['build', 'tem'], ['template-debian-13']],
    [
      ['build', '--o'],
      ['--offline', '--output', '--on-stale-lock'],
    ],
    [['build', '--output', 'r'], ['rootfs-tar']],
    [
      ['build', '--on-stale-lock', ''],
      ['fail', 'update'],
    ],
    [['build', '--jobs', ''], []],
    [['--qu'], ['--quiet']],
    [['--cache', '/usr/sb'], ['/usr/sbin']],
    [['diff', '--ht'], ['--html']],
  ])('offers for %j: %j', (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });
});

describe('the other completions', () => {
  it('name every command, option and choice', () => {
    const fish = completionScript('fish', commands, ['toolbox']);
    for (const word of [
      'build',
      'diff',
      '-l on-stale-lock',
      "-a 'fail update'",
      '-l quiet',
      "-a 'toolbox'",
    ]) {
      expect(fish).toContain(word);
    }
    expect(completionScript('zsh', commands, ['toolbox'])).toContain('#compdef qubeforge');
  });
});
