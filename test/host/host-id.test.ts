import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hostId } from '../../src/host/host-id.ts';

const UUID = '9A3B0C1D-1111-2222-3333-444455556666';

function rig() {
  const dir = mkdtempSync(join(tmpdir(), 'mr-host-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const ioreg = join(dir, 'ioreg');
  writeFileSync(
    ioreg,
    `#!/bin/sh\n[ "$*" = "-rd1 -c IOPlatformExpertDevice" ] || exit 1\ncat <<'END'
+-o Mac15,14  <class IOPlatformExpertDevice, id 0x100000272>
    {
      "IOPlatformSerialNumber" = "C02ABCDEFGHI"
      "IOPlatformUUID" = "${UUID}"
    }
END\n`,
  );
  chmodSync(ioreg, 0o755);
  const machineIdFile = join(dir, 'machine-id');
  const file = join(dir, 'state', 'host-id');
  return {
    dir,
    file,
    machineIdFile,
    ioreg,
    signal: new AbortController().signal,
    platform: 'darwin',
  } as const;
}

test('the id is six characters made from the hardware, the same each time, and does not tell it', async () => {
  const first = rig();
  const second = rig();
  const id = await hostId(first);
  expect(id).toMatch(/^[a-z0-9]{6}$/);
  expect(await hostId(second)).toBe(id);
  expect(UUID.toLowerCase()).not.toContain(id);
  expect(statSync(first.file).mode & 0o777).toBe(0o644);
});

test('the id that is kept counts, whatever the hardware says later', async () => {
  const options = rig();
  const id = await hostId(options);
  expect(await hostId({ ...options, ioreg: '/nonexistent' })).toBe(id);
  writeFileSync(options.file, 'abc123\n');
  expect(await hostId(options)).toBe('abc123');
});

test('a kept id of a wrong form is made anew', async () => {
  const options = rig();
  const id = await hostId(options);
  writeFileSync(options.file, 'Not An Id');
  expect(await hostId(options)).toBe(id);
  expect(readFileSync(options.file, 'utf8')).toBe(`${id}\n`);
});

test('elsewhere the id of the machine serves, and chance where there is none', async () => {
  const options = { ...rig(), platform: 'linux' } as const;
  const byChance = await hostId(options);
  expect(await hostId({ ...options, file: `${options.file}-2` })).not.toBe(byChance);
  writeFileSync(options.machineIdFile, '0123456789abcdef\n');
  const byMachine = await hostId({ ...options, file: `${options.file}-3` });
  expect(await hostId({ ...options, file: `${options.file}-4` })).toBe(byMachine);
});
