/**
 * HTTP over a Unix socket, as a client: one JSON answer, or a stream of lines. What is asked and what an answer means is
 * left to the caller.
 */
import type { IncomingMessage } from 'node:http';
import { MacrunnerError } from '../core/error.ts';
import { createLineCutter } from './lines.ts';

interface Call {
  readonly socketPath: string;
  readonly path: string;
  /** For a stream: until it begins. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface JsonCall extends Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
}

export interface StreamCall extends Call {
  readonly onLine: (line: string) => void;
}

export interface JsonAnswer {
  readonly status: number;
  /** Null when the answer is empty. */
  readonly body: unknown;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Asks once and reads the whole answer, whatever its status.
 *
 * @throws {@link MacrunnerError} `daemon-unreachable`, `output-unreadable`
 * @throws the signal's reason when it aborts
 */
export async function requestJson(call: JsonCall): Promise<JsonAnswer> {
  const timeout = AbortSignal.timeout(call.timeoutMs);
  return await guarded(call, timeout, async (signal) => {
    const answer = await begin(call, signal);
    return { status: answer.statusCode ?? 0, body: jsonOf(await textOf(answer)) };
  });
}

/**
 * Reads lines until the other side ends the stream.
 *
 * @throws {@link MacrunnerError} `daemon-unreachable`, also when the stream breaks; `command-failed` with the reason
 *   given when the answer's status is not 2xx
 * @throws the signal's reason when it aborts, and what `onLine` threw
 */
export async function streamLines(call: StreamCall): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), call.timeoutMs);
  try {
    await guarded(call, late.signal, async (signal) => {
      const answer = await begin({ ...call, method: 'GET' }, signal);
      if (Math.floor((answer.statusCode ?? 0) / 100) !== 2) throw refusal(await textOf(answer));
      clearTimeout(timer);
      const cutter = createLineCutter(MAX_LINE_BYTES, call.onLine);
      for await (const piece of answer) cutter.push(Buffer.from(piece));
      cutter.end();
    });
  } finally {
    clearTimeout(timer);
  }
}

function begin({ socketPath, method, path, body }: JsonCall, signal: AbortSignal): Promise<IncomingMessage> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    accept: 'application/json',
    ...(text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
  // Imported, it would cost every command a tenth of its time: all names of a module are read then, and one of these
  // loads the whole of `fetch`.
  const { request } = process.getBuiltinModule('node:http');
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers, signal, agent: false }, resolve);
    sent.on('error', reject);
    sent.end(text);
  });
}

/** Tells apart who ended it: the caller's signal, the deadline, the other side, or a fault of ours. */
async function guarded<T>(
  { socketPath, timeoutMs, signal }: Call,
  timeout: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work(AbortSignal.any([signal, timeout]));
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted)
      throw new MacrunnerError(
        'daemon-unreachable',
        `${socketPath} did not answer within ${timeoutMs / 1_000} s`,
      );
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ECONNREFUSED')
      throw new MacrunnerError('daemon-unreachable', `nobody listens at ${socketPath}`, { cause: error });
    if (code === 'EACCES' || code === 'EPERM') throw forbidden(socketPath, error);
    if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE')
      throw new MacrunnerError('daemon-unreachable', `${socketPath} ended the connection`, { cause: error });
    throw error;
  }
}

function forbidden(socketPath: string, cause: unknown): MacrunnerError {
  return new MacrunnerError('daemon-unreachable', `you may not use ${socketPath}`, {
    hint: 'Run this with sudo, or as a member of the group admin.',
    cause,
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer) {
    const buffer = Buffer.from(piece);
    bytes += buffer.length;
    if (bytes > MAX_BODY_BYTES) throw new MacrunnerError('output-unreadable', 'the answer is too large');
    pieces.push(buffer);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function jsonOf(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new MacrunnerError('output-unreadable', `the answer is not JSON (${text.length} characters)`);
  }
}

/** The reason that an error answer gives, as `{ "error": { "message": … } }`. */
function refusal(text: string): MacrunnerError {
  const body = jsonOf(text);
  const error: unknown =
    typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  const reason =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  return new MacrunnerError(
    'command-failed',
    typeof reason === 'string' ? reason : 'the request was refused',
  );
}
