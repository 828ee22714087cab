import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

const SKIPPED = new Set(['.git', 'node_modules', 'dist', 'out', 'coverage']);

/** Paths of all files of the project, relative to its root, sorted. */
export function projectFiles(): string[] {
  return readdirSync(ROOT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split('/').some((part) => SKIPPED.has(part)))
    .sort();
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** What a source file imports: paths of the project for its own modules, bare names for packages. */
export function importsOf(path: string): string[] {
  const text = textOf(path);
  const found = [
    ...text.matchAll(/^(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]/gm),
    ...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g),
  ];
  return found.map(([, name = '']) => (name.startsWith('.') ? join(dirname(path), name) : name));
}
