/** Signals to whole process groups. The groups are made by `run.ts`, which starts every program as a group's leader. */

/** The part of a child process that is needed to end it. */
interface Child {
  readonly pid?: number | undefined;
  readonly stdout: { destroy(): unknown } | null;
  readonly stderr: { destroy(): unknown } | null;
  once(event: 'close', listener: () => void): unknown;
}

/** Signals the group that `pid` leads; a group that is gone is success. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH is the wanted state; EPERM is macOS's answer for a group of zombies.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) {
      throw error;
    }
  }
}

/** SIGTERM now, SIGKILL after the grace; then output that an escaped process holds open is let go. */
export function endGroup(child: Child, graceMs: number): void {
  killGroup(child.pid, 'SIGTERM');
  const kill = setTimeout(() => {
    killGroup(child.pid, 'SIGKILL');
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, graceMs);
  child.once('close', () => {
    clearTimeout(kill);
    killGroup(child.pid, 'SIGKILL');
  });
}
