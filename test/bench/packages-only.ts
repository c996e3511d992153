/**
 * A program that only loads what the agent loads: the packages and the parts of Node that its source imports, bundled as
 * the agent is. What it weighs is not the agent's doing.
 */
import { join, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const PROJECT = resolve(import.meta.dirname, '../..');

const COMMON = {
  absWorkingDir: PROJECT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
  legalComments: 'none',
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
} as const satisfies BuildOptions;

/** Writes the program into `dir` and returns its path. */
export async function buildPackagesOnly(dir: string): Promise<string> {
  const names = await importsOfAgent();
  const outfile = join(dir, 'packages-only.mjs');
  // Exported, or the bundler would leave out what nobody uses.
  const contents = [
    ...names.map((name, index) => `export * as package${index} from '${name}';`),
    'setInterval(() => undefined, 60_000);',
  ].join('\n');
  await build({ ...COMMON, outfile, stdin: { contents, resolveDir: PROJECT } });
  return outfile;
}

/** Where the agent's process begins: the command line, its command, and what that loads. */
const ENTRIES = ['src/cli/program.ts', 'src/cli/commands/serve.ts', 'src/daemon/agent.ts'];

async function importsOfAgent(): Promise<readonly string[]> {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: ENTRIES,
    outdir: 'unwritten',
    packages: 'external',
    write: false,
    metafile: true,
  });
  const found = new Set<string>();
  const modules = new Set(ENTRIES);
  // A set that grows while it is walked. Modules that are loaded on demand are other commands' affair.
  for (const module of modules) {
    for (const { path, kind, external } of metafile.inputs[module]?.imports ?? []) {
      if (external) found.add(path);
      else if (kind !== 'dynamic-import') modules.add(path);
    }
  }
  found.delete('<runtime>');
  return [...found].toSorted();
}
