/** What tart says when it fails, understood by the product's own table: no code of an error is chosen here. */
import { MacrunnerError } from '../../../src/core/error.ts';
import { classify } from '../../../src/tart/errors.ts';

/** Words of `tart run`, which end in its output file as well. Source: openai/tart: Sources/tart/VM.swift, Commands/Run.swift */
export const RUN_WORDS = {
  stop: 'Stopping VM...',
  powerOff: 'guest has stopped the virtual machine',
  crash: 'guest has stopped the virtual machine due to error: panic',
  limit: (others: readonly string[]) =>
    `The number of VMs exceeds the system limit${others.length === 0 ? '' : ` (other running VMs: ${others.join(', ')})`}`,
  keychain: 'Error Domain=VZErrorDomain Code=1 "Internal Virtualization error." UserInfo={}',
  'auxiliary-lock': 'Error Domain=VZErrorDomain Code=2 "Failed to lock auxiliary storage." UserInfo={}',
} as const;

export function runFailed(words: string): MacrunnerError {
  return said('run', 1, words);
}

export function doesNotExist(command: string, vm: string): MacrunnerError {
  return said(command, 2, `the specified VM "${vm}" does not exist`);
}

export function isNotRunning(vm: string): MacrunnerError {
  return said('exec', 2, `VM "${vm}" is not running`);
}

export function isRunning(command: string, vm: string): MacrunnerError {
  return said(command, 1, `VM "${vm}" is running`);
}

export function diskIsFull(): MacrunnerError {
  return said('clone', 1, 'Error: The file could not be saved: No space left on device');
}

export function agentIsAway(): MacrunnerError {
  return said(
    'exec',
    1,
    'Failed to connect to the VM using its control socket: (GRPC.GRPCConnectionPoolError error 1.), is the Tart Guest Agent running?',
  );
}

/** The VM ended under a command in it. */
export function transportEnded(): MacrunnerError {
  return said('exec', 1, 'Error: unavailable (14): Transport became inactive');
}

export function refused(program: string, vm: string, why: string): MacrunnerError {
  return new MacrunnerError('guest-refused', `${program} in ${vm} refused: ${why}`);
}

export function didNotEnd(program: string, vm: string): MacrunnerError {
  return new MacrunnerError('guest-unreachable', `${program} in ${vm} did not end in time`);
}

export function tookTooLong(command: string): MacrunnerError {
  return new MacrunnerError('command-timed-out', `tart ${command} took too long`);
}

export function cannotBeStopped(vm: string): MacrunnerError {
  return new MacrunnerError('vm-running', `the VM ${vm} cannot be stopped`);
}

export function isListedStill(vm: string): MacrunnerError {
  return new MacrunnerError('command-failed', `tart deleted ${vm} and still lists it`);
}

export function notSeenRunning(vm: string): MacrunnerError {
  return new MacrunnerError('vm-start-failed', `the VM ${vm} was not seen running within 20 s`);
}

function said(command: string, exitCode: number, stderr: string): MacrunnerError {
  return classify({ command, exitCode, stdout: '', stderr });
}
