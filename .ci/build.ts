/** Builds the program: one bundle with its source map beside it, and nothing else to install. */
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

await build({
  absWorkingDir: new URL('..', import.meta.url).pathname,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/macrunner.mjs',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: true,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  define: { MACRUNNER_VERSION: JSON.stringify(version) },
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
