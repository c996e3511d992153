/**
 * Checks that npm's scripts have what they need, the right Node above all, and says what is missing and which command
 * brings it. It is what an old Node meets first, so it must run on any from 14 on.
 */
import { existsSync } from 'node:fs';

const OLDEST_MAJOR = 24;
const modules = new URL('../node_modules/', import.meta.url);

/** What is wrong, why, and the command that mends it; null when all is there. */
function findTrouble() {
  const found = process.versions.node;
  const what = `Node ${OLDEST_MAJOR} or newer is needed, and this is Node ${found}`;
  if (!existsSync(new URL('.package-lock.json', modules))) {
    return [
      'the dependencies are not installed',
      'they bring the right Node and all the tools',
      'npm install',
    ];
  }
  if (Number.parseInt(found, 10) >= OLDEST_MAJOR) return null;
  if (!existsSync(new URL('node/package.json', modules))) {
    return [what, 'the development dependencies, which bring it, were left out', 'npm install --include=dev'];
  }
  if (!existsSync(new URL('node/bin/node', modules))) {
    const why = 'the package `node` came without its program, because install scripts were off';
    return [what, why, 'npm rebuild node --ignore-scripts=false'];
  }
  return [what, 'the right one is in node_modules/.bin, which npm run puts first', 'npm run <script>'];
}

const trouble = findTrouble();
if (trouble !== null) {
  const [what, why, remedy] = trouble;
  process.stderr.write(`macrunner: ${what}\n  why: ${why}\n  do:  ${remedy}\n`);
  process.exit(1);
}
