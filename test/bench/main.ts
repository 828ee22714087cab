// npm run bench [-- RECIPE… [--pairs N]]: ratios of paired runs, printed; nothing is asserted.
import { parseArgs } from 'node:util';
import { benchFedora } from './fedora.ts';
import { benchIso } from './iso.ts';
import { benchRootfs } from './rootfs.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { pairs: { type: 'string', default: '5' } },
});
const recipes =
  positionals.length > 0
    ? positionals
    : ['debian-13-minbase', 'template-debian-13-minimal', 'template-debian-13', 'iso', 'fedora'];
for (const recipe of recipes) {
  if (recipe === 'iso') await benchIso(Number(values.pairs));
  else if (recipe === 'fedora') await benchFedora(Number(values.pairs));
  else await benchRootfs(recipe, Number(values.pairs));
}
