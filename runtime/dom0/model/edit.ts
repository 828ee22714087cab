import { AppError } from '../../../core/errors.ts';
import { isNode, parseDocument } from 'yaml';
import { parseQubes } from './source.ts';
import { checkQubes, findingText } from './check.ts';
import type { PciDevice } from './devices.ts';
import type { Source } from './source.ts';

/** One change to the entry of a qube. An undefined value takes the field out. */
export interface FieldChange {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** `field=value`, the field with dots for depth, the value as YAML; `field=` takes the field out. */
export function parseFieldChange(text: string): FieldChange {
  const at = text.indexOf('=');
  const path = text.slice(0, at).split('.');
  if (at < 1 || path.some((part) => part === '')) {
    throw new AppError({
      kind: 'usage',
      code: 'edit.field',
      what: 'that is no change of a field',
      expected: 'FIELD=VALUE, for example label=blue or volumes.private=16GiB',
      got: text,
    });
  }
  const raw = text.slice(at + 1);
  const parsed = parseDocument(raw);
  return { path, value: raw === '' ? undefined : parsed.errors.length > 0 ? raw : parsed.toJS() };
}

/**
 * The text of the file with some fields of one qube changed; comments and order stay. The result was
 * parsed and checked like any file.
 * @throws AppError `qubes.schema` or `qubes.unsafe`; then nothing should be written.
 */
export function editQube(
  source: Source,
  name: string,
  changes: readonly FieldChange[],
  pci?: readonly PciDevice[],
): string {
  return edited(source, pci, (document) => {
    for (const { path, value } of changes) {
      const full = ['qubes', name, ...path];
      if (value === undefined) document.deleteIn(full);
      else document.setIn(full, document.createNode(value));
    }
  });
}

/** The text without the entry of a qube. @throws AppError as `editQube`, for example when others need it. */
export function removeQube(source: Source, name: string, pci?: readonly PciDevice[]): string {
  return edited(source, pci, (document) => document.deleteIn(['qubes', name]));
}

/** The text with a copy of an entry, comments included, under another name. @throws AppError as `editQube`. */
export function copyQube(source: Source, from: string, to: string, pci?: readonly PciDevice[]): string {
  return edited(source, pci, (document) => {
    const entry = document.getIn(['qubes', from], true);
    if (isNode(entry)) document.setIn(['qubes', to], entry.clone());
  });
}

function edited(
  source: Source,
  pci: readonly PciDevice[] | undefined,
  change: (document: Source['document']) => unknown,
): string {
  const document = parseDocument(source.document.toString({ lineWidth: 0 }));
  change(document);
  const text = document.toString({ lineWidth: 0 });
  const known = new Set(checkQubes(source, pci).map(({ rule, what }) => `${rule} ${what}`));
  const added = checkQubes(parseQubes(text, source.name), pci).filter(
    ({ rule, what }) => !known.has(`${rule} ${what}`),
  );
  if (added.length === 0) return text;
  throw new AppError({
    kind: 'recipe',
    code: 'qubes.unsafe',
    what: 'this change would break isolation; the file stays as it is',
    where: added.map(findingText).join('\n'),
  });
}
