import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { configSchema } from '../../src/config/schema.ts';
import { unenforced } from '../../src/config/unenforced.ts';
import { aConfigFile, aPoolEntry } from '../support/config-rig.ts';

const policies = {
  pools: [aPoolEntry({ trust: 'main', egress: 'ios' })],
  trust: { main: { repositories: ['acme/*'], refs: ['main'], events: ['push'] } },
  egress: { ios: { allow: ['github.com', '*.githubusercontent.com'] } },
};

test('the JSON Schema takes what the schema takes, and refuses unknown keys', () => {
  const validate = new Ajv2020({ strict: false }).compile(configJsonSchema());
  expect(validate(aConfigFile(policies))).toBe(true);
  expect(validate(aConfigFile({ hots: {} }))).toBe(false);
  expect(validate(aConfigFile({ host: { slots: 3 } }))).toBe(false);
});

/** Paths of settings without a description. */
function undescribed(node: unknown, path = ''): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  const here =
    'properties' in node && typeof node.properties === 'object' ? Object.entries(node.properties ?? {}) : [];
  const bare = here.filter(([, value]) => !('description' in Object(value))).map(([key]) => `${path}.${key}`);
  return [...bare, ...Object.entries(node).flatMap(([key, value]) => undescribed(value, `${path}.${key}`))];
}

test('every setting is described', () => {
  expect(undescribed(configJsonSchema())).toEqual([]);
});

test('what is accepted but not enforced is said, and nothing else', () => {
  expect(unenforced(configSchema.parse(aConfigFile()))).toEqual([]);
  const upkeep = { imageRefresh: '0 3 * * *', rogueAudit: '15 * * * *' };
  expect(unenforced(configSchema.parse(aConfigFile({ ...policies, upkeep })))).toEqual([
    expect.stringMatching(/^trust\.main is not enforced yet \(pools: ios\)/),
    expect.stringMatching(/^egress\.ios is not enforced yet \(pools: ios\)/),
    expect.stringMatching(/^upkeep\.imageRefresh/),
    expect.stringMatching(/^upkeep\.rogueAudit/),
  ]);
});

test('a configuration that was loaded can be checked again and stays the same', () => {
  const once = configSchema.parse(aConfigFile(policies));
  expect(configSchema.parse(once)).toEqual(once);
});
