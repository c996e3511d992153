/**
 * Builds the program: one bundle with its source map beside it, and nothing else to install. Tests of upgrades build it
 * under another version, to another place: `build.ts [--as VERSION] [--out FILE]`.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const packaged = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const { values } = parseArgs({
  options: {
    as: { type: 'string', default: packaged.version },
    out: { type: 'string', default: resolve(import.meta.dirname, '../dist/macrunner.mjs') },
  },
});

await build({
  absWorkingDir: new URL('..', import.meta.url).pathname,
  entryPoints: ['src/cli/main.ts'],
  outfile: resolve(values.out),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: true,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  define: { MACRUNNER_VERSION: JSON.stringify(values.as) },
  banner: {
    // Packages in CommonJS form ask for `require`, which an ES module does not have by itself.
    js: [
      '#!/usr/bin/env node',
      "import { createRequire as macrunnerCreateRequire } from 'node:module';",
      'const require = macrunnerCreateRequire(import.meta.url);',
    ].join('\n'),
  },
  logLevel: 'warning',
});
