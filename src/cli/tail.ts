/** The end of a file that another process writes and rotates, line by line, and what is added to it. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLineCutter } from '../lib/lines.ts';

interface Tail {
  /** Where to begin: so many of the last lines, or a place in the file. */
  readonly from: { readonly lines: number } | { readonly byte: number };
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
 * Calls `onLine` for each line. When following, a file that is not there is waited for, and an abort is the ordinary
 * end: what was written until then is still read.
 *
 * @throws the file system's error when it cannot be read
 */
export async function tail(path: string, options: Tail): Promise<void> {
  const { follow, signal } = options;
  let { from } = options;
  for (let isOver = false; !isOver; ) {
    const file = follow ? await openWhenThere(path, signal) : await open(path);
    if (file === null) return;
    try {
      const at = 'byte' in from ? from.byte : await startOfLast(file, from.lines);
      isOver = await readToEnd(path, file, { ...options, at });
    } finally {
      await file.close();
    }
    from = { byte: 0 };
  }
}

/** Reads one file until nothing more will come. False when another file took its place. */
async function readToEnd(
  path: string,
  file: FileHandle,
  { at, follow, signal, onLine }: Tail & { readonly at: number },
): Promise<boolean> {
  const cutter = createLineCutter(MAX_LINE_BYTES, onLine);
  const { ino } = await file.stat();
  for (let place = at; ; ) {
    // Read after the looks: what was renamed or ended before them gets nothing more.
    const isOver = !follow || signal.aborted;
    const isStill = await isSameFile(path, ino);
    place = await readFrom(file, place, (piece) => cutter.push(piece));
    if (isOver || !isStill) {
      cutter.end();
      return isOver;
    }
    await pause(signal);
  }
}

/** Null when the signal aborted before the file was there. */
async function openWhenThere(path: string, signal: AbortSignal): Promise<FileHandle | null> {
  for (;;) {
    // One more look after the abort: the file may have come with the last words.
    const isOver = signal.aborted;
    try {
      return await open(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (isOver) return null;
      await pause(signal);
    }
  }
}

/** Waits for the next look; an abort ends the wait early. */
async function pause(signal: AbortSignal): Promise<void> {
  await sleep(PERIOD_MS, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
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
