/** Reboots this Mac. Only root may, so for anybody else there is nothing to call. */
import { run } from '../lib/run.ts';

interface Rights {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
}

type Reboot = (signal: AbortSignal) => Promise<void>;

/** Null where it is not for us to do: elsewhere than on a Mac, or as an ordinary user. */
export function rebooter({ platform, isRoot }: Rights): Reboot | null {
  if (platform !== 'darwin' || !isRoot) return null;
  return async (signal) => {
    await run('/sbin/shutdown', ['-r', 'now'], { timeoutMs: 30_000, signal });
  };
}
