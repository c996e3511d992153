/** The client's half of a WebSocket that only sends text, over node:http alone: quick to load (RFC 6455). */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

const OPCODE = { text: 1, close: 8 } as const;
const DEADLINE_MS = 10_000;

export interface WebSocketWriter {
  send(text: string): void;
  /** The closing handshake: when it is through, the other side has read everything. */
  close(): Promise<void>;
}

/** @throws when the other side does not accept */
export function openWebSocket(url: string, token: string): Promise<WebSocketWriter> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    authorization: `Bearer ${token}`,
  };
  return new Promise((resolve, reject) => {
    const asked = request(url.replace(/^ws/, 'http'), { headers });
    asked.setTimeout(DEADLINE_MS, () => asked.destroy(new Error('the console does not answer')));
    asked.on('error', reject);
    asked.on('response', ({ statusCode }) => reject(new Error(`the console answers ${statusCode}`)));
    asked.on('upgrade', (_response, socket) => resolve(writerOn(socket)));
    asked.end();
  });
}

function writerOn(socket: Socket): WebSocketWriter {
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => socket.destroy());
  socket.resume();
  return {
    send: (text) => void socket.write(frame(OPCODE.text, Buffer.from(text))),
    close() {
      socket.setTimeout(DEADLINE_MS, () => socket.destroy());
      socket.end(frame(OPCODE.close, Buffer.alloc(0)));
      return closed;
    },
  };
}

/** Clients mask what they send. */
function frame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const head = Buffer.from([0x80 | opcode, 0x80 | lengthCode(payload.length)]);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([head, longLength(payload.length), mask, masked]);
}

function lengthCode(length: number): number {
  if (length < 126) return length;
  return length < 0x1_0000 ? 126 : 127;
}

function longLength(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  if (length < 126) return Buffer.alloc(0);
  return length < 0x1_0000 ? bytes.subarray(6) : bytes;
}
