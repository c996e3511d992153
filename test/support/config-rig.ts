/** A directory as MACRUNNER_HOME with a valid configuration file, and ways to write its layers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { locations } from '../../src/config/locations.ts';

export const DIGEST = `ghcr.io/acme/macos@sha256:${'0a'.repeat(32)}`;

/** The least a user must write, with changes per section. */
export function aConfigFile(changes: Record<string, unknown> = {}) {
  return {
    github: { url: 'https://github.com/acme', token: 'file:token' },
    pools: [{ name: 'ios', labels: ['xcode-26'], image: DIGEST }],
    ...changes,
  };
}

export function aPoolEntry(changes: Record<string, unknown> = {}) {
  return { name: 'ios', labels: ['xcode-26'], image: DIGEST, ...changes };
}

export function configRig(file: unknown = aConfigFile()) {
  const home = mkdtempSync(join(tmpdir(), 'mr-config-'));
  const places = locations({ MACRUNNER_HOME: home }, 'linux');
  const env: Record<string, string> = {};
  const sources = { locations: places, env };
  const write = (content: unknown) => writeFileSync(places.config, JSON.stringify(content));
  if (file !== null) write(file);
  return {
    home,
    places,
    env,
    sources,
    write,
    writeManaged(bytes: string | Uint8Array, mode = 0o644) {
      mkdirSync(dirname(places.managed), { recursive: true });
      writeFileSync(places.managed, bytes, { mode });
    },
    load: () => loadConfig(sources),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}
