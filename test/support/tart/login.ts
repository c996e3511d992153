/** `tart login` and `tart logout`. The keychain is a file of the double; the password goes no further than this process. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { invalid, other, runtime } from './failure.ts';
import type { Double } from './settings.ts';

export async function login(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments(
    {
      command: 'login',
      flags: ['--password-stdin', '--insecure', '--no-validate'],
      options: ['--username'],
      positionals: ['host'],
    },
    argv,
  );
  if (args.value('--username') === undefined ? args.has('--password-stdin') : !args.has('--password-stdin')) {
    throw invalid('login', 'both --username and --password-stdin are required');
  }
  const [host = ''] = args.positionals;
  readFileSync(0);
  const refuses = double.settings.pullFaults.some(({ at, kind }) => at === 'auth' && kind === 'status');
  if (refuses && !args.has('--no-validate')) {
    throw runtime(
      'invalid credentials: UnexpectedHTTPStatusCode(when: "doing ping", code: 401, details: "")',
    );
  }
  writeFileSync(fileOf(double, host), args.value('--username') ?? '');
}

export async function logout(double: Double, argv: readonly string[]): Promise<void> {
  const [host = ''] = parseArguments({ command: 'logout', positionals: ['host'] }, argv).positionals;
  if (!existsSync(fileOf(double, host))) throw other('Keychain item not found');
  rmSync(fileOf(double, host));
}

function fileOf(double: Double, host: string): string {
  return join(double.dir, 's', `login-${host.replaceAll(/[^A-Za-z0-9.]/g, '_')}`);
}
