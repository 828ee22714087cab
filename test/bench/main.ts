// npm run bench [-- RECIPE… [--pairs N] [--leaf]]: ratios of paired runs, printed; nothing is asserted.
// `deploy` is the installer's writing of images, in an emulated machine.
// --leaf: images of templates, in full and after one package moved, instead of root file systems.
import { parseArgs } from 'node:util';
import { benchDeploy } from './deploy.ts';
import { benchFedora } from './fedora.ts';
import { benchIso } from './iso.ts';
import { benchLeaf } from './leaf.ts';
import { benchRootfs } from './rootfs.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { pairs: { type: 'string', default: '5' }, leaf: { type: 'boolean', default: false } },
});
const ALL = [
  'debian-13-minbase',
  'template-debian-13-minimal',
  'template-debian-13',
  'iso',
  'fedora',
  'deploy',
];
const LEAF = ['template-debian-13-minimal'];
const pairs = Number(values.pairs);
const chosen = (standard: readonly string[]): readonly string[] =>
  positionals.length > 0 ? positionals : standard;
for (const recipe of values.leaf ? [] : chosen(ALL)) {
  if (recipe === 'deploy') await benchDeploy(pairs);
  else if (recipe === 'iso') await benchIso(pairs);
  else if (recipe === 'fedora') await benchFedora(pairs);
  else await benchRootfs(recipe, pairs);
}
if (values.leaf || positionals.length === 0) {
  for (const recipe of chosen(LEAF)) await benchLeaf(recipe, pairs);
}
