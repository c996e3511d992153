import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { getValue, setValue, writeConfig } from '../../src/config/store.ts';
import { aConfigFile, configRig } from '../support/config-rig.ts';

test('a value that was set is in the file, which stays private to root and its group', async () => {
  using rig = configRig();
  expect(await setValue(rig.sources, 'pools.0.warm', '1')).toEqual({ inForce: 'file' });
  expect(getValue(rig.sources, 'pools.0.warm')).toBe(1);
  expect(await setValue(rig.sources, 'host.vmUser', 'ci')).toEqual({ inForce: 'file' });
  const written: unknown = JSON.parse(readFileSync(rig.places.config, 'utf8'));
  expect(written).toEqual(
    aConfigFile({ host: { vmUser: 'ci' }, pools: [{ ...aConfigFile().pools[0], warm: 1 }] }),
  );
  expect(statSync(rig.places.config).mode & 0o777).toBe(0o640);
});

test('a value that makes the whole invalid is refused, and the file stays as it is', async () => {
  using rig = configRig();
  const before = readFileSync(rig.places.config, 'utf8');
  await expect(setValue(rig.sources, 'host.slots', '9')).rejects.toMatchObject({ code: 'config-invalid' });
  await expect(setValue(rig.sources, 'host.slots', 'two')).rejects.toMatchObject({ code: 'config-invalid' });
  expect(readFileSync(rig.places.config, 'utf8')).toBe(before);
});

test('reading never writes', () => {
  using rig = configRig();
  const text = JSON.stringify(aConfigFile());
  writeFileSync(rig.places.config, text);
  expect(getValue(rig.sources, 'host')).toEqual({
    slots: 2,
    tart: 'tart',
    diskFloorGiB: 80,
    rebootWhenWedged: false,
  });
  expect(getValue(rig.sources, 'host.vmUser')).toBeUndefined();
  expect(readFileSync(rig.places.config, 'utf8')).toBe(text);
});

test('an unknown setting is not found, with what was probably meant', async () => {
  using rig = configRig();
  expect(() => getValue(rig.sources, 'host.slot')).toThrow(
    expect.objectContaining({ code: 'not-found', hint: 'Did you mean host.slots?' }),
  );
  await expect(setValue(rig.sources, 'pools.first.warm', '1')).rejects.toMatchObject({ code: 'not-found' });
});

test('setting what a stronger layer hides says so', async () => {
  using rig = configRig();
  rig.env.MACRUNNER_CONFIG_HOST__SLOTS = '2';
  expect(await setValue(rig.sources, 'host.slots', '1')).toEqual({ inForce: 'environment' });
});

test('a first file is written when it is valid as a whole', async () => {
  using rig = configRig(null);
  await expect(writeConfig(rig.sources, { host: {} })).rejects.toMatchObject({ code: 'config-invalid' });
  expect(existsSync(rig.places.config)).toBe(false);
  await writeConfig(rig.sources, aConfigFile());
  expect(rig.load().config.github.url).toBe('https://github.com/acme');
});
