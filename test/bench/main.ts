// npm run bench [-- RECIPE… [--pairs N] [--leaf] [--memory]]: ratios of paired runs, printed; nothing is asserted.
// `deploy` is the installer's writing of images, in an emulated machine; `qube-start`, only when named, starts of
// qubes on an installed one, which takes an hour.
// --leaf: images of templates, in full and after one package moved, instead of root file systems.
// --memory: the peak memory of full builds of templates, instead of anything that takes time.
import { parseArgs } from 'node:util';
import { benchDeploy } from './deploy.ts';
import { benchFedora } from './fedora.ts';
import { benchIso } from './iso.ts';
import { benchLeaf } from './leaf.ts';
import { benchMemory } from './memory.ts';
import { benchQubeStart } from './qube-start.ts';
import { benchRootfs } from './rootfs.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '5' },
    leaf: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
  },
});
const ALL = [
  'debian-13-minbase',
  'template-debian-13-minimal',
  'template-debian-13',
  'iso',
  'fedora',
  'deploy',
];
const TEMPLATES = ['template-debian-13-minimal', 'template-debian-13'];
const LEAF = ['template-debian-13-minimal'];
const pairs = Number(values.pairs);
const chosen = (standard: readonly string[]): readonly string[] =>
  positionals.length > 0 ? positionals : standard;
for (const recipe of values.leaf || values.memory ? [] : chosen(ALL)) {
  if (recipe === 'deploy') await benchDeploy(pairs);
  else if (recipe === 'iso') await benchIso(pairs);
  else if (recipe === 'fedora') await benchFedora(pairs);
  else if (recipe === 'qube-start') await benchQubeStart(pairs);
  else await benchRootfs(recipe, pairs);
}
if (values.memory || (positionals.length === 0 && !values.leaf)) {
  for (const recipe of chosen(TEMPLATES)) await benchMemory(recipe);
}
if (values.leaf || (positionals.length === 0 && !values.memory)) {
  for (const recipe of chosen(LEAF)) await benchLeaf(recipe, pairs);
}
