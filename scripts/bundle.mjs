// Bundles each program into one file: it starts three times faster than from source, and the
// installer medium carries it as it is. The output depends on the sources only.
import { build } from 'esbuild';
import { chmod } from 'node:fs/promises';

const entries = { qubeforge: 'builder/cli/main.ts', 'qubeforge-install': 'installer/cli/main.ts' };

// zx declares its own `createRequire`, so the one for bundled CommonJS needs another name.
const banner = [
  '#!/usr/bin/env node',
  "import { createRequire as __qfCreateRequire } from 'node:module';",
  'const require = __qfCreateRequire(import.meta.url);',
].join('\n');

await build({
  entryPoints: entries,
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  charset: 'utf8',
  legalComments: 'none',
  banner: { js: banner },
  logLevel: 'warning',
});
await Promise.all(Object.keys(entries).map((name) => chmod(`dist/${name}.mjs`, 0o755)));
