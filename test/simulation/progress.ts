/** How far a sweep has come: a line a second on a terminal, and the pace at the end. */
import type { Failure } from './sweep.ts';

export interface Progress {
  readonly played: (played: number, failures: readonly Failure[]) => void;
  readonly end: () => { readonly worldsPerSecond: number; readonly lines: readonly string[] };
}

const EVERY_MS = 1_000;

export function startProgress(seeds: number): Progress {
  const beganMs = performance.now();
  const began = process.cpuUsage();
  let toldMs = beganMs;
  let done = 0;
  let broken = 0;
  return {
    played(played, failures) {
      done = played;
      broken = failures.length;
      const nowMs = performance.now();
      if (!process.stderr.isTTY || nowMs - toldMs < EVERY_MS) return;
      toldMs = nowMs;
      process.stderr.write(`simulate: ${played} of ${seeds} worlds, ${broken} broken\n`);
    },
    end() {
      const seconds = (performance.now() - beganMs) / 1_000;
      const { user, system } = process.cpuUsage(began);
      const worldsPerSecond = perSecond(done, seconds);
      const ofCore = perSecond(done, (user + system) / 1e6);
      return {
        worldsPerSecond,
        lines: [
          `${done} worlds, ${broken} broken`,
          `${worldsPerSecond} worlds a second, ${ofCore} in a second of a core's time`,
        ],
      };
    },
  };
}

function perSecond(worlds: number, seconds: number): number {
  return seconds > 0 ? Math.round((worlds / seconds) * 10) / 10 : 0;
}
