/** A guest's disk whose programs are small shell scripts: for tests of the host's side of the channel. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type GuestProgram = 'events' | 'bootstrap' | 'verdict';

/** Writes `rootfs` with the given programs and returns it. Each script sees its arguments and HOME as in a VM. */
export function fakeGuest(dir: string, programs: Partial<Record<GuestProgram, string>>): string {
  const rootfs = join(dir, 'fake-guest');
  const bin = join(rootfs, 'usr/local/macrunner-guest/bin');
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(rootfs, 'Users/admin'), { recursive: true });
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return rootfs;
}
