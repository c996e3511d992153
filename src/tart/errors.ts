/**
 * What tart's words and exit codes mean. A pure table: exit codes 1, 2 and 64 say too little by themselves, so the
 * text decides. Source of texts: openai/tart: Sources/tart/VMStorageHelper.swift, Commands/*.swift, VM.swift.
 */
import { type ErrorCode, MacrunnerError } from '../core/error.ts';
import { failureOf } from '../lib/command-failure.ts';

export interface Outcome {
  /** tart's subcommand. */
  readonly command: string;
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Meaning {
  readonly says: RegExp;
  readonly code: ErrorCode;
  readonly hint?: string;
  /** Only for these subcommands. */
  readonly only?: readonly string[];
}

/** How to get the program. */
export const INSTALL_HINT = 'install tart: brew install openai/tools/tart';

const MEANINGS: readonly Meaning[] = [
  {
    says: /No space left on device|isn.t enough (free )?space|out of space|ENOSPC|errno 28/i,
    code: 'disk-full',
    hint: 'free disk space on the volume of TART_HOME: delete unused VMs or prune cached images',
  },
  {
    says: /the specified VM ".*" does not exist/,
    code: 'image-missing',
    hint: 'pull the image before any job needs it: `tart pull` as the VM user',
    only: ['clone'],
  },
  { says: /the specified VM ".*" does not exist/, code: 'vm-missing' },
  {
    says: /is missing (some of its )?files/,
    code: 'vm-missing',
    hint: 'its creation was interrupted: remove the directory under TART_HOME/vms',
  },
  { says: /already exists/, code: 'vm-exists' },
  { says: /VM ".*" is (already )?running/, code: 'vm-running' },
  { says: /VM ".*" is not running/, code: 'vm-not-running' },
  {
    says: /number of VMs exceeds the system limit/,
    code: 'vm-limit',
    hint: 'macOS allows two macOS guests; if none runs, a slot has leaked and only a reboot of the host frees it',
  },
  {
    says: /Failed to lock auxiliary storage/,
    code: 'vm-held',
    hint: 'an earlier process still holds the VM: wait a little and start it again',
  },
  {
    // Code 1 is all that is said up to macOS 15, -9 comes with 26 (openai/tart: docs/faq.md, issues 1075, 1137, 921).
    says: /VZErrorDomain Code=(1|-9)\b|-25308|Failed to (get current|create new) HostKey/i,
    code: 'keychain-locked',
    hint:
      'nearly always a locked login keychain: log the VM user in at the screen (auto-login does it at each boot), ' +
      'or as that user run `security unlock-keychain login.keychain`; tart must not run as root: set host.vmUser',
    only: ['run'],
  },
  { says: /VZErrorDomain/, code: 'vm-start-failed' },
  {
    says: /Invalid virtual machine configuration/,
    code: 'vm-start-failed',
    hint: 'lower cpu or memoryGiB of the pool to what this host has',
  },
  {
    says: /softnet not found|Softnet process terminated|root privileges are required to run/,
    code: 'vm-start-failed',
    hint: 'softnet must be in PATH, owned by root, mode 4755; an upgrade may have lost that',
  },
  {
    says: /guest has stopped the virtual machine|network attachment .* has been disconnected|Stopping VM/,
    code: 'vm-start-failed',
    hint: 'the VM ended right after its start',
    only: ['run'],
  },
  {
    says: /LessThanMinimalResourcesError/,
    code: 'config-invalid',
    hint: "raise cpu or memoryGiB of the pool to the image's minimum",
  },
  { says: /should be larger than the current disk size/, code: 'config-invalid' },
  { says: /failed to forcefully terminate the VM/, code: 'vm-running' },
  { says: /failed to parse remote name|should be a local name/, code: 'config-invalid' },
  {
    says: /OCI storage error|UnexpectedHTTPStatusCode\(.*code: 404/,
    code: 'image-missing',
    hint: 'check the image reference, then pull it: `tart pull` as the VM user',
  },
  {
    says: /AuthFailed|UnexpectedHTTPStatusCode\(.*code: 40[13]|invalid credentials/,
    code: 'command-failed',
    hint: 'the registry refused us: check its user name and token',
  },
  {
    says: /UnexpectedHTTPStatusCode|network connection was lost|request timed out/,
    code: 'command-failed',
    hint: 'the registry does not answer: try again later',
  },
  {
    says: /TART_HOME is invalid/,
    code: 'host-unfit',
    hint: 'the VM user must be able to write to host.tartHome',
  },
  {
    says: /Tart Guest Agent running|GRPCConnectionPoolError|unavailable \(14\)/,
    code: 'guest-unreachable',
    hint: 'the guest has not booted, is wedged, or lacks the guest agent',
  },
  {
    says: /unknown \(2\): .*(executable file not found|no such file or directory)/,
    code: 'guest-refused',
    hint: "the image lacks macrunner's guest programs: bake the template again",
    only: ['exec'],
  },
  {
    says: /a password is required|not allowed to execute|unknown user/,
    code: 'host-unfit',
    hint: 'the agent must be able to become the VM user without a password',
  },
  {
    says: /^(\S*\/)?env: .*(No such file or directory|Permission denied)/m,
    code: 'command-missing',
    hint: INSTALL_HINT,
  },
];

/** The error that stands for a failed tart command. Only the first line of its words is repeated. */
export function classify(outcome: Outcome, cause?: unknown): MacrunnerError {
  const { command, exitCode, stdout, stderr } = outcome;
  const words = `${stderr}\n${stdout}`;
  const meaning = MEANINGS.find(
    ({ says, only }) => says.test(words) && (only === undefined || only.includes(command)),
  );
  const reason = firstLine(stderr) || firstLine(stdout) || `exit code ${exitCode ?? 'none (killed)'}`;
  const fallback = exitCode === 64 ? 'this version of tart may not know the option' : undefined;
  const hint = meaning?.hint ?? fallback;
  return new MacrunnerError(meaning?.code ?? fallbackCode(command), `tart ${command}: ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/**
 * True for a command that looked at a VM which another command took away meanwhile. `list` looks at all of them without
 * a lock, and so does `clone`, for their MAC addresses: it is worth another try.
 */
export function isLookRace(error: unknown): boolean {
  const stderr = failureOf(error instanceof Error ? error.cause : undefined)?.stderr ?? '';
  return /couldn.t be opened|no such file/i.test(stderr);
}

/** `run` never ends by itself while it is well, whatever it says. */
function fallbackCode(command: string): ErrorCode {
  return command === 'run' ? 'vm-start-failed' : 'command-failed';
}

function firstLine(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return line
    .replace(/^Error: /, '')
    .trim()
    .slice(0, 300);
}
