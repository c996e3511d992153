/** `sudo -n -H -u USER -- PROGRAM …`: a clean environment, three descriptors, and sudo stays the parent. */
import { spawn } from 'node:child_process';

const [, , ...argv] = process.argv;
const [n, h, u, user, dashes, program = '', ...args] = argv;
if ([n, h, u, user, dashes].join(' ') !== '-n -H -u ci --') {
  process.stderr.write('sudo: a password is required\n');
  process.exit(1);
}

const env = {
  HOME: '/var/empty/ci',
  USER: 'ci',
  LOGNAME: 'ci',
  PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
  SUDO_USER: 'root',
};
// Only the first three descriptors are handed on.
const child = spawn(program, args, { env, stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.once('error', (error) => {
  process.stderr.write(`sudo: ${program}: ${error.message}\n`);
  process.exit(1);
});
child.once('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
