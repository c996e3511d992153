/** Finds a program by its name, as a shell would; launchd's own PATH knows none of the places that Macs install to. */
import { accessSync, constants } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { MacrunnerError } from '../core/error.ts';

/** Where programs lie besides those of the system: our own tools first, then Homebrew's. */
export const TOOL_PATH =
  '/usr/local/macrunner/tools/bin:/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

/**
 * The absolute path of `program`, which may be a path already, in the directories of `path`.
 * @throws {@link MacrunnerError} `command-missing` with `hint`
 */
export function findProgram(program: string, path: string, hint: string): string {
  const found = lookForProgram(program, path);
  if (found !== undefined) return found;
  throw new MacrunnerError('command-missing', `${program} is not on this machine (looked in ${path})`, {
    hint,
  });
}

/** The same for a program that one can do without: undefined when it is not here. */
export function lookForProgram(program: string, path: string): string | undefined {
  const places = isAbsolute(program)
    ? [program]
    : path.split(':').map((directory) => join(directory, program));
  return places.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
