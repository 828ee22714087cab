import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { mediumParts, mediumPartsText } from '../../../builder/report/medium-parts.ts';

function blob(content: string, size: number): { sha256: string; size: number } {
  return { sha256: sha256(content), size };
}

const files = {
  'boot/vmlinuz': blob('kernel', 2000),
  'images/debian/vmlinuz': blob('kernel', 2000),
  'live/dom0.squashfs': blob('dom0', 7000),
};

describe('mediumParts', () => {
  it('adds up to the size of the medium, with what the file system takes', () => {
    const { parts } = mediumParts('iso.iso', 10_000, files);
    expect(parts.reduce((sum, part) => sum + part.size, 0)).toBe(10_000);
    expect(parts.map(({ size }) => size)).toEqual([7000, 2000, 1000, 0]);
  });

  it('counts bytes that two files share once, and says so', () => {
    const { parts } = mediumParts('iso.iso', 10_000, files);
    expect(parts.at(-1)).toEqual({ what: 'images/debian/vmlinuz', size: 0, sameAs: 'boot/vmlinuz' });
  });

  it('reads as a table', () => {
    expect(mediumPartsText(mediumParts('iso.iso', 10_000, files))).toBe(
      [
        'iso.iso: what is on it',
        '   7000 B   70.0 %  live/dom0.squashfs',
        '   2000 B   20.0 %  boot/vmlinuz',
        '   1000 B   10.0 %  directories, boot catalog, partition tables and padding',
        '      0 B    0.0 %  images/debian/vmlinuz (the bytes of boot/vmlinuz, stored once)',
        '  10000 B  100.0 %  iso.iso, 9.8 KiB',
      ].join('\n'),
    );
  });
});
