/** Which boot of the host this is. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bootId } from '../../src/host/boot-id.ts';

test.runIf(process.platform === 'linux')("Linux is asked by its kernel's file", async ({ signal }) => {
  const id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  expect(await bootId({ platform: 'linux', signal })).toBe(id);
});

test.runIf(process.platform !== 'darwin')('a system that does not tell has none', async ({ signal }) => {
  expect(await bootId({ platform: 'darwin', signal })).toBeNull();
});
