/** The same picture again and again: in place on a terminal, one after the other elsewhere. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../core/error.ts';
import type { Context } from './context.ts';
import { explain } from './errors.ts';
import { isInterruption } from './signals.ts';

const PERIOD_MS = 1_000;
const CLEAR_SCREEN = '\u001B[2J';
const HOME = '\u001B[H';
const CLEAR_LINE = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';

interface Watch {
  readonly frame: () => Promise<string>;
  /** One frame is one line, for programs: no terminal tricks, no space between frames. */
  readonly isPlain: boolean;
}

/** Shows a frame every second until the signal aborts. An agent that restarts is waited for. */
export async function watch(context: Context, { frame, isPlain }: Watch): Promise<void> {
  const { out, err, signal } = context;
  const isInPlace = out.isTerminal && !isPlain;
  if (isInPlace) out.write(CLEAR_SCREEN);
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      const text = await frame();
      if (isInPlace) draw(context, text);
      else out.print(isFirst || isPlain ? text : `\n${text}`);
    } catch (error) {
      if (isInterruption(error, signal)) return;
      if (!hasCode(error, 'daemon-unreachable', 'command-timed-out')) throw error;
      if (isInPlace) draw(context, explain(error, out.paint));
      else err.print(explain(error, err.paint));
    }
    await sleep(PERIOD_MS, undefined, { signal }).catch((error: unknown) => {
      if (!isInterruption(error, signal)) throw error;
    });
  }
}

/** Draws over the last frame, line by line, so that nothing flickers. What does not fit below is left out. */
function draw({ out }: Context, text: string): void {
  const lines = text.split('\n').slice(0, out.height - 1);
  out.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`);
}
