import { expect, test } from 'vitest';
import { classify } from '../../src/tart/errors.ts';

const VZ = 'Error Domain=VZErrorDomain Code=';

test.for([
  ['get', 2, 'the specified VM "a" does not exist', 'vm-missing'],
  ['run', 1, 'Error: the specified VM "a" does not exist', 'vm-missing'],
  ['clone', 2, 'the specified VM "a" does not exist', 'image-missing'],
  ['get', 1, 'VM is missing some of its files (config.json, disk.img or nvram.bin)', 'vm-missing'],
  ['get', 1, 'VM is missing files for a supported layout: config.json, nvram.bin', 'vm-missing'],
  ['stop', 2, 'VM "a" is not running', 'vm-not-running'],
  ['run', 2, 'VM "a" is already running!', 'vm-running'],
  ['delete', 1, 'VM "a" is running', 'vm-running'],
  ['clone', 1, 'VM "a" already exists, use --overwrite to replace it', 'vm-exists'],
  ['run', 1, 'The number of VMs exceeds the system limit (other running VMs: b, c)', 'vm-limit'],
  ['run', 1, `${VZ}1 "Internal error" UserInfo={}`, 'keychain-locked'],
  ['run', 1, `${VZ}-9 "The virtual machine encountered a security error." UserInfo={}`, 'keychain-locked'],
  ['run', 1, `${VZ}2 "Failed to lock auxiliary storage." UserInfo={}`, 'vm-held'],
  ['run', 1, `${VZ}12 "Failed to restore." UserInfo={}`, 'vm-start-failed'],
  ['run', 1, `${VZ}-99 "Something new." UserInfo={}`, 'vm-start-failed'],
  ['run', 1, 'Error: Invalid virtual machine configuration. Too many CPUs.', 'vm-start-failed'],
  ['run', 1, 'Error: InitializationFailed(why: "softnet not found in PATH")', 'vm-start-failed'],
  ['run', 1, 'RuntimeFailed(why: "Softnet process terminated prematurely")', 'vm-start-failed'],
  ['run', null, '', 'vm-start-failed'],
  ['set', 1, 'Error: LessThanMinimalResourcesError: VM should have at least 4 CPU cores', 'config-invalid'],
  ['set', 1, 'new disk size of 1 should be larger than the current disk size of 2', 'config-invalid'],
  ['stop', 1, 'failed to forcefully terminate the VM "a": EPERM', 'vm-running'],
  ['pull', 1, 'failed to parse remote name: odd (character 3)', 'config-invalid'],
  ['clone', 64, 'Error: <new-name> should be a local name\nUsage: tart clone', 'config-invalid'],
  ['fqn', 1, "OCI storage error: a/b is not a digest and doesn't point to a digest", 'image-missing'],
  [
    'pull',
    1,
    'Error: UnexpectedHTTPStatusCode(when: "pulling manifest", code: 404, details: "")',
    'image-missing',
  ],
  ['pull', 1, 'Error: AuthFailed(why: "received unexpected HTTP status code 403")', 'command-failed'],
  ['clone', 1, 'Error: write failed: No space left on device', 'disk-full'],
  ['list', 1, "TART_HOME is invalid: /x does not exist, yet we can't create it: denied", 'host-unfit'],
  [
    'exec',
    1,
    'Failed to connect to the VM using its control socket: is the Tart Guest Agent running?',
    'guest-unreachable',
  ],
  ['exec', 1, 'Error: unavailable (14): Transport became inactive', 'guest-unreachable'],
  ['exec', 1, 'Error: unknown (2): exec: "foo": executable file not found in $PATH', 'guest-refused'],
  ['list', 1, 'sudo: a password is required', 'host-unfit'],
  ['list', 127, '/usr/bin/env: /opt/tart: No such file or directory', 'command-missing'],
  ['list', 1, 'Error: CancellationError()', 'command-failed'],
] as const)('tart %s, exit %s, "%s" means %s', ([command, exitCode, stderr, code]) => {
  expect(classify({ command, exitCode, stdout: '', stderr: `${stderr}\n` })).toMatchObject({ code });
});

test('the first line is the message, without its prefix, and bounded', () => {
  const stderr = `\nError: Unknown option '--x'\nUsage: tart list\n`;
  const error = classify({ command: 'list', exitCode: 64, stdout: '', stderr });
  expect(error.message).toBe("tart list: Unknown option '--x'");
  expect(error.hint).toContain('version of tart');
  const long = classify({ command: 'list', exitCode: 1, stdout: '', stderr: 'x'.repeat(9_999) });
  expect(long.message.length).toBeLessThan(320);
});
