/** A comparison as tables: one form from which text for a terminal and a page are made. */
export interface Section {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Sections as text: columns aligned, at most `limit` rows of each. Sections without rows are left out. */
export function sectionsText(sections: readonly Section[], limit: number): string {
  const shown = sections.filter(({ rows }) => rows.length > 0);
  if (shown.length === 0) return 'no difference';
  return shown.map((section) => sectionText(section, limit)).join('\n');
}

function sectionText({ title, rows }: Section, limit: number): string {
  const some = rows.slice(0, limit);
  const widths = (some[0] ?? []).map((_, column) =>
    Math.min(60, Math.max(...some.map((row) => row[column]?.length ?? 0))),
  );
  const lines = some.map((row) =>
    `  ${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ')}`.trimEnd(),
  );
  const more = rows.length - some.length;
  return [`${title} (${rows.length})`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}

const STYLE = [
  ':root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{margin:2rem auto;max-width:75rem;padding:0 1rem}',
  'table{border-collapse:collapse;width:100%;font:13px/1.4 ui-monospace,monospace}',
  'th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #8884;overflow-wrap:anywhere;vertical-align:top}',
  'summary{cursor:pointer;font-weight:600;margin:1rem 0 .4rem}',
].join('');

/** Sections as one page that needs nothing else: no script, no address. */
export function sectionsPage(title: string, sections: readonly Section[]): string {
  const body = sections.filter(({ rows }) => rows.length > 0).map(sectionHtml);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${escape(title)}</title><style>${STYLE}</style></head>`,
    `<body><h1>${escape(title)}</h1>`,
    ...(body.length === 0 ? ['<p>no difference</p>'] : body),
    '</body></html>',
    '',
  ].join('\n');
}

function sectionHtml({ title, columns, rows }: Section): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return [
    `<details open><summary>${escape(title)} (${rows.length})</summary><table>`,
    cells('th', columns),
    ...rows.map((row) => cells('td', row)),
    '</table></details>',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
