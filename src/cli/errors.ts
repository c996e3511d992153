/** Errors as three lines: what, why, do this. And the exit code that goes with each kind. */
import { type ErrorCode, MacrunnerError } from '../core/error.ts';
import { EXIT, type ExitCode } from './command.ts';
import type { Paint } from './paint.ts';
import { plain } from './text.ts';

interface Kind {
  readonly exit: ExitCode;
  /** Said when the error itself brings no cause. */
  readonly why: string;
  /** Said when the error itself brings no hint. */
  readonly remedy: string;
}

const LOGS = 'look into `macrunner logs`';
const CONFIG = 'run `macrunner config check`, which names every field that is wrong';

function kind(why: string, remedy: string, exit: ExitCode = EXIT.failed): Kind {
  return { exit, why, remedy };
}

const KINDS: Record<ErrorCode, Kind> = {
  'command-failed': kind('a program ended with an error', LOGS),
  'command-timed-out': kind(
    'it did not answer in time',
    'try again; if it stays so, look into `macrunner logs`',
  ),
  'command-missing': kind(
    'a program is not installed here',
    'install it, or name its path in the configuration',
  ),
  'output-unreadable': kind(
    'two versions may not understand each other',
    'compare `macrunner version` with `macrunner status`',
  ),
  'config-invalid': kind('the configuration cannot be used as it is', CONFIG),
  'secret-unreadable': kind('a secret that the configuration refers to cannot be read', CONFIG),
  'host-unfit': kind('this machine lacks what the command needs', 'see `macrunner why host`'),
  'already-running': kind('one agent per host', 'see `macrunner status`'),
  'daemon-unreachable': kind('no agent answers here', 'start it with `macrunner up`', EXIT.unreachable),
  'not-found': kind('nothing here has that name', 'see `macrunner status` for the names'),
  usage: kind('the command is not written that way', 'add `--help` to see how it is written', EXIT.usage),
  'ledger-unreadable': kind("the agent's memory cannot be read", LOGS),
  'ledger-unwritable': kind("the agent's memory cannot be written", 'free some space on its disk'),
  'vm-missing': kind('the VM is gone', 'see `macrunner runner list --all`'),
  'vm-exists': kind('a VM of that name exists', 'see `tart list`'),
  'vm-running': kind('the VM is running', 'see `tart list`'),
  'vm-not-running': kind('the VM is not running', 'see `tart list`'),
  'vm-limit': kind('Apple allows two macOS VMs on a host', 'see `tart list` for VMs that are not ours'),
  'vm-start-failed': kind('the VM did not start', LOGS),
  'vm-held': kind('another process still holds the VM', 'wait a little and try again'),
  'keychain-locked': kind(
    'macOS starts VMs only beside an unlocked login keychain',
    'log the VM user in at the screen (auto-login)',
  ),
  'image-missing': kind('the image is not on this host', 'fetch it with `tart pull`'),
  'disk-full': kind('the disk is full', 'free some space, then see `macrunner why host`'),
  'guest-unreachable': kind('the VM does not answer', LOGS),
  'guest-refused': kind('the VM refused', LOGS, EXIT.refused),
  'github-auth': kind('GitHub does not accept our credentials', CONFIG),
  'github-forbidden': kind('GitHub does not allow this', "check the App's permissions and its installation"),
  'github-rate-limited': kind('GitHub asks us to slow down', 'wait; the agent goes on by itself'),
  'github-unavailable': kind('GitHub cannot be reached', 'check the network and githubstatus.com'),
  'github-conflict': kind('GitHub says it is taken', LOGS),
  'github-not-found': kind('GitHub does not know it', 'check `github.url` and the runner group'),
  'github-refused': kind('GitHub refused', LOGS, EXIT.refused),
};

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(KINDS, code);
}

/** An order was understood and turned down: exit code 5 whatever the code of the cause. */
export class RefusedError extends MacrunnerError {}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof RefusedError) return EXIT.refused;
  return error instanceof MacrunnerError ? KINDS[error.code].exit : EXIT.failed;
}

/** The three lines for an error that reached the top. What is not ours is a bug, and says where. */
export function explain(error: unknown, paint: Paint): string {
  if (!(error instanceof MacrunnerError)) return explainBug(error, paint);
  const known = KINDS[error.code];
  const [what = '', ...details] = error.message.split('\n').map(plain);
  const why = details.length > 0 ? details : [innermost(error.cause) ?? known.why];
  return lines(paint, what, why, error.hint ?? known.remedy);
}

function explainBug(error: unknown, paint: Paint): string {
  const stack = error instanceof Error && error.stack !== undefined ? error.stack.split('\n').slice(1) : [];
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const report = lines(paint, what, ['this is a mistake in macrunner'], 'report it with the lines below');
  return [report, ...stack.map((line) => paint.dim(line))].join('\n');
}

/** Several reasons stand under one another. */
function lines(paint: Paint, what: string, why: readonly string[], remedy: string): string {
  return [
    `${paint.bad('macrunner:')} ${plain(what)}`,
    ...why.map((reason, at) => `${at === 0 ? '  why:' : '      '} ${plain(reason)}`),
    `  do:  ${plain(remedy)}`,
  ].join('\n');
}

/** The message at the end of a chain of causes; null when there is no chain. */
function innermost(cause: unknown): string | null {
  if (!(cause instanceof Error)) return null;
  return innermost(cause.cause) ?? (cause.message === '' ? cause.name : cause.message);
}
