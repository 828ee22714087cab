import type { Hardware } from '../probe/model.ts';
import type { Finding, Level } from './finding.ts';

const WORDS: Record<Level, string> = { ok: 'ok', inform: 'note', warn: 'WARNING', block: 'BLOCKED' };

/** Findings as plain ASCII lines of at most `width` columns: it is read on serial consoles too. */
export function showFindings(findings: readonly Finding[], width = 80): string {
  return findings.map((finding) => showFinding(finding, width).join('\n')).join('\n');
}

function showFinding(finding: Finding, width: number): string[] {
  const head = `[${WORDS[finding.level].padEnd(7)}] ${finding.title}: ${finding.state}`;
  const detail = [
    ...wrap(finding.evidence, width - 12),
    ...(finding.meaning === undefined ? [] : wrap(finding.meaning, width - 12)),
    ...(finding.remedy === undefined ? [] : wrap(`-> ${finding.remedy}`, width - 12)),
  ];
  return [head, ...detail.map((line) => `          ${line}`)];
}

/** One sentence for the end: can this machine be installed? */
export function verdict(hardware: Hardware, findings: readonly Finding[]): string {
  const blocked = findings.filter((finding) => finding.level === 'block');
  const warned = findings.filter((finding) => finding.level === 'warn').length;
  const under = hardware.environment === 'xen' ? 'seen through Xen' : 'seen by Linux alone';
  if (blocked.length > 0) {
    const names = blocked.map((finding) => finding.id).join(', ');
    return `This machine cannot run the system as it is (${under}): ${names}.`;
  }
  const warnings = warned === 0 ? '' : ` ${warned} warning${warned === 1 ? '' : 's'} to read above.`;
  return `This machine can run the system (${under}).${warnings}`;
}

/** `text` with no line longer than `width` columns, as far as there are spaces to break at. */
export function fold(text: string, width: number): string {
  const folded = text.split('\n').flatMap((line) => {
    if (line.length <= width) return [line];
    const indent = /^ */.exec(line)?.[0] ?? '';
    return wrap(line.trim(), width - indent.length).map((part) => indent + part);
  });
  return folded.join('\n');
}

/** Words of `text` in lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}
