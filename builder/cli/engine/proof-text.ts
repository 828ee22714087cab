import type { LockProof } from './prove.ts';

const count = ([good, all]: readonly [number, number]): string => `${good} of ${all}`;

/** What was proved of locks, as lines: at length for one, a line each for several, whose keys then stand at the end. */
export function proofLines(proofs: readonly LockProof[]): string[] {
  const [only] = proofs;
  if (only !== undefined && proofs.length === 1) return wholeProof(only);
  const width = Math.max(0, ...proofs.map(({ recipe }) => recipe.length));
  const signers = [...new Set(proofs.flatMap((proof) => proof.signers))].sort();
  return [
    ...proofs.map((proof) => `  ${proof.recipe.padEnd(width)}  ${inShort(proof)}`),
    ...signers.map((signer, index) => `  ${(index === 0 ? 'signed by' : '').padEnd(width)}  ${signer}`),
  ];
}

function inShort({ signed, releases, indexes, packages, sources, stored }: LockProof): string {
  const here = `${count(stored)} here with the locked bytes`;
  if (signed === 'source') return `${count(sources)} sources signed, ${here}`;
  if (signed === 'packages') return `${count(packages)} packages signed, ${here}`;
  const parts = [
    `${count(releases)} Release files signed`,
    `${count(indexes)} indexes`,
    `${count(packages)} packages`,
    ...(sources[1] === 0 ? [] : [`${count(sources)} sources`]),
  ];
  return `${parts.join(' → ')}, ${here}`;
}

function wholeProof(proof: LockProof): string[] {
  const { signed, releases, indexes, packages, sources, stored, signers } = proof;
  const keys = signers.map((signer) => `              ${signer}`);
  const store = `  store       ${count(stored)} packages are here and have the locked bytes`;
  if (signed === 'source') {
    return [
      `  signature   ${count(sources)} sources: key, signature and bytes are as locked`,
      ...keys,
      `  store       ${count(stored)} sources are here and have the locked bytes`,
    ];
  }
  if (signed === 'packages') {
    return [
      `  signatures  ${count(packages)} packages: key, header, payload and name are as locked`,
      ...keys,
      `  repomd.xml  ${count(releases)} archived; nobody signed them`,
      store,
    ];
  }
  return [
    `  signatures  ${count(releases)} Release files`,
    ...keys,
    `  indexes     ${count(indexes)}`,
    `  packages    ${count(packages)} listed in proved indexes`,
    ...(sources[1] === 0 ? [] : [`  sources     ${count(sources)} listed in proved indexes`]),
    store,
  ];
}
