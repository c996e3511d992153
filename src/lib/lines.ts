/** Cuts a byte stream into lines of bounded length. What a line means is left to the caller. */

export interface LineCutter {
  /** Takes the next piece of the stream. */
  push(piece: Buffer): void;
  /** The stream ended: delivers what stands without a newline. */
  end(): void;
}

const NEWLINE = 0x0a;

/**
 * Calls `onLine` for every line, without its newline. A line over `maxLineBytes` is delivered once, cut to that length
 * and with `wasCut`, as soon as the limit is passed: the rest of it is dropped, so memory stays bounded.
 */
export function createLineCutter(
  maxLineBytes: number,
  onLine: (line: string, wasCut: boolean) => void,
): LineCutter {
  let pieces: Buffer[] = [];
  let heldBytes = 0;
  let isSkipping = false;

  function hold(piece: Buffer): void {
    if (isSkipping || piece.length === 0) return;
    const room = maxLineBytes - heldBytes;
    pieces.push(piece.subarray(0, room));
    heldBytes += Math.min(piece.length, room);
    if (piece.length <= room) return;
    isSkipping = true;
    deliver(true);
  }

  function deliver(wasCut: boolean): void {
    const line = Buffer.concat(pieces).toString('utf8');
    pieces = [];
    heldBytes = 0;
    onLine(line, wasCut);
  }

  return {
    push(piece) {
      let rest = piece;
      for (let at = rest.indexOf(NEWLINE); at !== -1; at = rest.indexOf(NEWLINE)) {
        hold(rest.subarray(0, at));
        if (!isSkipping) deliver(false);
        isSkipping = false;
        rest = rest.subarray(at + 1);
      }
      hold(rest);
    },
    end() {
      if (heldBytes > 0) deliver(false);
    },
  };
}
