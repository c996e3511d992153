/** A stream that people or programs read: how wide, whether a terminal, in colour or not. */
import { createPaint, type Paint } from './paint.ts';

export interface Screen {
  readonly isTerminal: boolean;
  /** Columns to fill: the terminal's, and 80 where there is none. */
  readonly width: number;
  /** Rows of the terminal; unlimited where there is none. */
  readonly height: number;
  readonly paint: Paint;
  /** Writes `text` and a newline. */
  print(text: string): void;
  /** Writes `text` as it is. */
  write(text: string): void;
}

/** As much of a process's stream as is used. */
interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const WIDTH = 80;

export function createScreen(stream: Stream, env: NodeJS.ProcessEnv): Screen {
  const isTerminal = stream.isTTY === true;
  const isColoured = isTerminal && !env.NO_COLOR && env.TERM !== 'dumb';
  return {
    isTerminal,
    paint: createPaint(isColoured),
    get width() {
      return isTerminal ? stream.columns || WIDTH : WIDTH;
    },
    get height() {
      return isTerminal ? stream.rows || Number.POSITIVE_INFINITY : Number.POSITIVE_INFINITY;
    },
    print: (text) => void stream.write(`${text}\n`),
    write: (text) => void stream.write(text),
  };
}
