/** The end of a file that another process writes and rotates, line by line, and what is added to it. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLineCutter } from '../lib/lines.ts';

interface Tail {
  /** How many of the last lines to begin with. */
  readonly lines: number;
  /** Go on with what is added, over rotations, until the signal aborts. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

const PIECE_BYTES = 64 * 1024;
const MAX_LINE_BYTES = 256 * 1024;
const PERIOD_MS = 250;
const NEWLINE = 0x0a;

/**
 * Calls `onLine` for each line. A file that is not there is waited for when following.
 *
 * @throws the file system's error when it cannot be read, and the signal's reason when it aborts
 */
export async function tail(path: string, { lines, follow, signal, onLine }: Tail): Promise<void> {
  let from = lines;
  for (;;) {
    const file = follow ? await openWhenThere(path, signal) : await open(path);
    try {
      let at = await startOfLast(file, from);
      const cutter = createLineCutter(MAX_LINE_BYTES, onLine);
      do {
        const { ino } = await file.stat();
        const isStill = await isSameFile(path, ino);
        // Read after the look: a file that was renamed before it gets nothing more.
        at = await readFrom(file, at, (piece) => cutter.push(piece));
        if (!isStill) break;
        if (follow) await sleep(PERIOD_MS, undefined, { signal });
      } while (follow);
      cutter.end();
    } finally {
      await file.close();
    }
    if (!follow) return;
    from = Number.POSITIVE_INFINITY;
  }
}

async function openWhenThere(path: string, signal: AbortSignal): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await sleep(PERIOD_MS, undefined, { signal });
    }
  }
}

/** False when another file has the name now, or for a moment none has. */
async function isSameFile(path: string, ino: number): Promise<boolean> {
  try {
    return (await stat(path)).ino === ino;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Reads all there is from `at`, and returns where it ends. A file that became shorter begins again. */
async function readFrom(file: FileHandle, at: number, onPiece: (piece: Buffer) => void): Promise<number> {
  let position = (await file.stat()).size < at ? 0 : at;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, position);
    if (bytesRead === 0) return position;
    onPiece(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** Where the last `lines` lines begin, read from the end: a log may be large. */
async function startOfLast(file: FileHandle, lines: number): Promise<number> {
  if (lines === Number.POSITIVE_INFINITY) return 0;
  const { size } = await file.stat();
  if (lines === 0) return size;
  let found = 0;
  for (let end = size; end > 0; end -= PIECE_BYTES) {
    const start = Math.max(0, end - PIECE_BYTES);
    const piece = Buffer.alloc(end - start);
    await file.read(piece, 0, piece.length, start);
    for (let at = piece.length - 1; at >= 0; at--) {
      // The newline that ends the file begins no line.
      if (piece[at] !== NEWLINE || start + at === size - 1) continue;
      found += 1;
      if (found === lines) return start + at + 1;
    }
  }
  return 0;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
