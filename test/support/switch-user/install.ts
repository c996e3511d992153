/**
 * Doubles of the programs that switch the user: `launchctl asuser`, `sudo`, `id`. Like the real sudo, theirs resets
 * the environment, closes descriptors above 2 and stays the parent; nobody's identity changes.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SwitchUserDoubles {
  readonly launchctl: string;
  readonly sudo: string;
  readonly id: string;
}

/** Writes the three programs into `dir`. They know one user, `ci`, whose uid is 501. */
export function installSwitchUser(dir: string): SwitchUserDoubles {
  const main = (name: string) => {
    const path = join(dir, name);
    const program = join(import.meta.dirname, `${name}.ts`);
    writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });
    return path;
  };
  const id = join(dir, 'id');
  const script = '[ "$1 $2" = "-u ci" ] && echo 501 && exit; echo "id: $2: no such user" >&2; exit 1';
  writeFileSync(id, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { launchctl: main('launchctl'), sudo: main('sudo'), id };
}
