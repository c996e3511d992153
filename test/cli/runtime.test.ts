/** The first thing that an unfit Node meets. */
import { expect, test } from 'vitest';
import { unfitRuntime } from '../../src/cli/runtime.ts';

test.each(['24.0.0', '26.10.0', '100.1.2'])('Node %s will do', (version) => {
  expect(unfitRuntime(version)).toBeNull();
});

test.each(['20.20.2', '8.0.0', '23.11.1'])(
  'Node %s is told what is missing and what brings it',
  (version) => {
    const text = unfitRuntime(version);
    expect(text).toContain(`Node 24 or newer is needed, and this is Node ${version}`);
    expect(text).toContain('npm install');
  },
);
