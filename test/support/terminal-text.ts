/**
 * What somebody sees who scrolls through a terminal from its beginning: cursor movements and erasures done, colours
 * left out. Knows what inquirer and readline use (ECMA-48); lines as long as they come.
 */
export function terminalText(raw: string): string {
  const lines: string[] = [''];
  let [row, column] = [0, 0];
  const put = (text: string): void => {
    const line = (lines[row] ?? '').padEnd(column);
    lines[row] = line.slice(0, column) + text + line.slice(column + text.length);
    column += text.length;
  };
  const moves: Readonly<Record<string, (n: number) => void>> = {
    A: (n) => (row = Math.max(0, row - n)),
    B: (n) => (row += n),
    C: (n) => (column += n),
    D: (n) => (column = Math.max(0, column - n)),
    E: (n) => ([row, column] = [row + n, 0]),
    F: (n) => ([row, column] = [Math.max(0, row - n), 0]),
    G: (n) => (column = n - 1),
    J: () => {
      lines.length = row + 1;
      lines[row] = (lines[row] ?? '').slice(0, column);
    },
  };
  const controls: Readonly<Record<string, () => void>> = {
    '\r': () => (column = 0),
    '\n': () => (row += 1),
    '\b': () => (column = Math.max(0, column - 1)),
  };
  const escape = String.fromCharCode(27);
  const pieces = new RegExp(
    `${escape}\\[([0-9;?!]*)([a-zA-Z])|${escape}[()][A-Z0-9]|${escape}[=>78cM]|[\\r\\n\\b\\u0007]|[^${escape}\\r\\n\\b\\u0007]+`,
    'g',
  );
  for (const [piece, parameters = '', command] of raw.matchAll(pieces)) {
    if (command === 'K') lines[row] = eraseInLine(lines[row] ?? '', column, parameters);
    else if (command !== undefined) moves[command]?.(Number(parameters) || 1);
    else if (piece in controls) controls[piece]?.();
    else if (piece >= ' ') put(piece);
    while (lines.length <= row) lines.push('');
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

function eraseInLine(line: string, column: number, how: string): string {
  if (how === '2') return '';
  return how === '1' ? ' '.repeat(column) + line.slice(column) : line.slice(0, column);
}
