/** The server's half of a WebSocket, as far as one that only listens needs it (RFC 6455). */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPCODE = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;

interface Frame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Buffer;
  /** Bytes on the wire. */
  readonly size: number;
}

/** Accepts the upgrade and hands over each text message; answers pings and the closing handshake. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  onText: (text: string) => void,
): void {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
  let pending = Buffer.alloc(0);
  let message = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let frame = cutFrame(pending); frame; frame = cutFrame(pending)) {
      pending = pending.subarray(frame.size);
      if (frame.opcode === OPCODE.ping) socket.write(writeFrame(OPCODE.pong, frame.payload));
      if (frame.opcode === OPCODE.close) socket.end(writeFrame(OPCODE.close, frame.payload.subarray(0, 2)));
      if (frame.opcode > OPCODE.text) continue;
      message += frame.payload.toString('utf8');
      if (!frame.isFinal) continue;
      onText(message);
      message = '';
    }
  });
}

/** The first whole frame, or null until more bytes have come. */
function cutFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null;
  const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)];
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const maskBytes = second & 0x80 ? 4 : 0;
  const start = 2 + lengthBytes + maskBytes;
  if (bytes.length < start) return null;
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + length) return null;
  const mask = bytes.subarray(start - maskBytes, start);
  const payload = Buffer.from(bytes.subarray(start, start + length));
  if (maskBytes > 0)
    for (const index of payload.keys()) payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return { opcode: first & 0x0f, isFinal: (first & 0x80) !== 0, payload, size: start + length };
}

/** Only control frames are ever sent, and those are short. */
function writeFrame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);
}
