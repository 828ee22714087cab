import { formatBytes } from '../../core/bytes.ts';
import type { LockDiff } from '../lock/diff.ts';
import type { Manifest } from './manifest.ts';
import { changed } from './medium.ts';
import type { Section } from './sections.ts';
import { compareTrees, describeDifference, type Tree } from './tree.ts';

/** What moved between two locks, as sections. */
export function lockSections(diff: LockDiff): Section[] {
  const moved = (change: string, list: LockDiff['upgraded']): string[][] =>
    list.map(({ name, architecture, from, to }) => [change, `${name}:${architecture}`, from, to]);
  return [
    {
      title: 'Packages',
      columns: ['change', 'package', 'before', 'after'],
      rows: [
        ...diff.added.map(({ name, architecture, version }) => [
          'added',
          `${name}:${architecture}`,
          '',
          version,
        ]),
        ...diff.removed.map(({ name, architecture, version }) => [
          'removed',
          `${name}:${architecture}`,
          version,
          '',
        ]),
        ...moved('upgraded', diff.upgraded),
        ...moved('DOWNGRADED', diff.downgraded),
        ...moved('REPLACED', diff.replaced),
      ],
    },
    { title: 'Sources', columns: ['source'], rows: diff.sources.map((line) => [line]) },
    { title: 'Repositories and keys', columns: ['repository'], rows: diff.releases.map((line) => [line]) },
    {
      title: 'Others',
      columns: ['what', 'change'],
      rows: [
        ...(diff.recipeChanged ? [['recipe', 'changed']] : []),
        ...diff.relocated.map((line) => ['place', line]),
        ...(diff.reordered ? [['order of installation', 'changed']] : []),
        ...(diff.sizeChange === 0 ? [] : [['download', signed(diff.sizeChange)]]),
      ],
    },
  ];
}

/** What differs between two images by their manifests, as sections. */
export function manifestSections(before: Manifest, after: Manifest): Section[] {
  return [
    {
      title: 'Packages',
      columns: ['change', 'package', 'before', 'after'],
      rows: packageRows(before, after),
    },
    {
      title: 'Packages of our own',
      columns: ['package', 'before', 'after'],
      rows: changed(ownOf(before), ownOf(after)),
    },
    {
      title: 'Keys',
      columns: ['repository', 'before', 'after'],
      rows: changed(
        new Map(before.origins.map(({ origin, signer }) => [origin, signer ?? 'per package'])),
        new Map(after.origins.map(({ origin, signer }) => [origin, signer ?? 'per package'])),
      ),
    },
    {
      title: 'Repositories',
      columns: ['repository', 'before', 'after'],
      rows: changed(
        new Map(before.origins.map(({ origin, date }) => [origin, date])),
        new Map(after.origins.map(({ origin, date }) => [origin, date])),
      ),
    },
    {
      title: 'Outputs',
      columns: ['output', 'before', 'after'],
      rows: changed(outputsOf(before), outputsOf(after)),
    },
  ];
}

/** What differs between two trees, as sections; sizes are those of the files. */
export function treeSections(before: Tree, after: Tree): Section[] {
  const differences = compareTrees(before, after);
  const [old, now] = [totalSize(before), totalSize(after)];
  return [
    {
      title: 'Files',
      columns: ['difference'],
      rows: differences.map((one) => [describeDifference(one)]),
    },
    {
      title: 'Sizes',
      columns: ['what', 'before', 'after', 'change'],
      rows: old === now ? [] : [['all files', formatBytes(old), formatBytes(now), signed(now - old)]],
    },
  ];
}

function packageRows(before: Manifest, after: Manifest): string[][] {
  const byName = ({ packages }: Manifest): Map<string, Manifest['packages'][number]> =>
    new Map(packages.map((pkg) => [`${pkg.name}:${pkg.architecture}`, pkg]));
  const [old, now] = [byName(before), byName(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((name) => {
    const [from, to] = [old.get(name), now.get(name)];
    if (from === undefined) return [['added', name, '', to?.version ?? '']];
    if (to === undefined) return [['removed', name, from.version, '']];
    if (from.version !== to.version) return [['changed', name, from.version, to.version]];
    if (from.sha256 === to.sha256) return [];
    // The same version with other bytes should not happen in a repository: worth a look.
    return [['REPLACED', name, from.sha256, to.sha256]];
  });
}

function ownOf({ own }: Manifest): Map<string, string> {
  return new Map((own ?? []).map(({ name, version, source }) => [name, `${version}, sources ${source}`]));
}

function outputsOf({ outputs }: Manifest): Map<string, string> {
  return new Map(outputs.map(({ output, size, sha256 }) => [output, `${formatBytes(size)} ${sha256}`]));
}

function totalSize(tree: Tree): number {
  return [...tree.values()].reduce((sum, { type, size }) => sum + (type === 'file' ? size : 0), 0);
}

function signed(bytes: number): string {
  return `${bytes < 0 ? '-' : '+'}${formatBytes(Math.abs(bytes))}`;
}
