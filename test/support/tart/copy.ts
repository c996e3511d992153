/** Copies of VM directories. */
import { cpSync, existsSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES = ['config.json', 'nvram.bin', 'rootfs', '.allocated'];

/** The disk is sparse, like a clone on APFS: copying would fill this machine's own disk with zeros. */
export function copyVmFiles(from: string, to: string, more: readonly string[] = []): void {
  mkdirSync(to, { recursive: true });
  for (const file of [...FILES, ...more]) {
    if (!existsSync(join(from, file))) continue;
    cpSync(join(from, file), join(to, file), { recursive: true, verbatimSymlinks: true });
  }
  writeFileSync(join(to, 'disk.img'), '');
  truncateSync(join(to, 'disk.img'), statSync(join(from, 'disk.img')).size);
}
