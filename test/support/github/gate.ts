/** A place where held requests wait for news: all are woken at once, and each looks again for itself. */
import type { Clock } from './clock.ts';

export interface Gate {
  wake(): void;
  /** Resolves when woken, after `ms`, or when `gone` aborts (the client hung up). */
  wait(ms: number, gone: AbortSignal): Promise<'woken' | 'timeout' | 'gone'>;
  /** How many requests are held here. */
  readonly held: number;
}

export function createGate(clock: Clock): Gate {
  const waiting = new Set<() => void>();
  return {
    get held() {
      return waiting.size;
    },
    wake() {
      for (const wakeOne of [...waiting]) wakeOne();
    },
    wait(ms, gone) {
      return new Promise((resolve) => {
        if (gone.aborted) return resolve('gone');
        const finish = (why: 'woken' | 'timeout' | 'gone') => {
          waiting.delete(onWake);
          gone.removeEventListener('abort', onGone);
          cancel();
          resolve(why);
        };
        const onWake = () => finish('woken');
        const onGone = () => finish('gone');
        const cancel = clock.after(ms, () => finish('timeout'));
        waiting.add(onWake);
        gone.addEventListener('abort', onGone, { once: true });
      });
    },
  };
}
