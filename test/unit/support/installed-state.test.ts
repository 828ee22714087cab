import { describe, expect, it } from 'vitest';
import { unexpected } from '../../support/installed-state.ts';

const FACTS = `No problems found
== boot
./vmlinuz f 644 0:0 7
aaaa  ./initrd.img-6
== root
aaaa  ./etc/hostname
bbbb  ./etc/shadow
`;

describe('two installed disks', () => {
  it('are the same system, whatever may vary', () => {
    const other = FACTS.replace('aaaa  ./initrd.img-6', 'cccc  ./initrd.img-6').replace('bbbb', 'cccc');
    expect(unexpected(FACTS, other)).toEqual([]);
  });

  it.each([
    ['another content', FACTS.replace('aaaa  ./etc', 'cccc  ./etc'), 'root: cccc  ./etc/hostname'],
    ['a fact more', `${FACTS}dddd  ./etc/more\n`, 'root: dddd  ./etc/more'],
    ['a file on another volume', FACTS.replace('== root\n', ''), 'boot: aaaa  ./etc/hostname'],
  ])('differ by %s', (_, other, fact) => {
    expect(unexpected(FACTS, other)).toContain(`only now: ${fact}`);
    expect(unexpected(other, FACTS)).toContain(`only before: ${fact}`);
  });
});
