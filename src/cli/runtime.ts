/** Whether this Node can run macrunner. Must itself load on any Node that knows modules: it imports nothing. */

/** The oldest Node that runs the program; `package.json` names the same. */
const OLDEST_MAJOR = 24;

/** What is wrong with Node `version`, as the three lines of an error, or null when it will do. */
export function unfitRuntime(version: string): string | null {
  const major = Number.parseInt(version, 10);
  if (major >= OLDEST_MAJOR) return null;
  return [
    `macrunner: Node ${OLDEST_MAJOR} or newer is needed, and this is Node ${version}`,
    '  why: the ledger and the agent use parts of Node that older ones lack',
    '  do:  in a checkout, `npm install` brings the right Node and `npx macrunner` uses it;',
    '       on a Mac, install the package, which carries its own, or `brew install node`',
    '',
  ].join('\n');
}
