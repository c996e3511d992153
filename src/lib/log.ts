/**
 * The log: JSON lines to a rotating file, or to standard error. Every text and field passes the redactor, and the
 * finished line passes it once more. Who says what is left to the callers.
 */
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import type { Redactor } from './redact.ts';
import { RotatingFile } from './rotating-file.ts';

export interface LogOptions {
  readonly to: 'file' | 'terminal';
  /** Only read when `to` is `file`. */
  readonly file: string;
  readonly redactor: Redactor;
  /** Default `info`. */
  readonly level?: string;
  /** Size at which the file is turned over; default 10 MiB. */
  readonly maxBytes?: number;
  /** How many turned-over files stay; default 5. */
  readonly keep?: number;
}

/** A logger that can be ended; its children end with it. */
export type Log = Logger & { readonly close: () => Promise<void> };

const MAX_BYTES = 10 * 1024 * 1024;
const KEEP = 5;

export function createLog(options: LogOptions): Log {
  const { to, file, redactor, level = 'info', maxBytes = MAX_BYTES, keep = KEEP } = options;
  const onLost = (lines: number) =>
    `${JSON.stringify({ level: 40, time: Date.now(), lines, msg: 'log lines were lost: they could not be written' })}\n`;
  const sink = to === 'file' ? new RotatingFile(file, { maxBytes, keep, onLost }) : terminal();
  const logger = pino(pinoOptions(redactor, level), sink);
  return Object.assign(logger, { close: async () => sink.close() });
}

function pinoOptions(redactor: Redactor, level: string): LoggerOptions {
  const clean = (fields: Record<string, unknown>) => ({ ...asObject(redactor.value(fields)) });
  return {
    level,
    // The process is told apart by the file; its id and host name on every line would only be noise.
    base: null,
    formatters: { log: clean, bindings: clean },
    // An error is an object already when it comes here.
    serializers: { err: (error: unknown) => error },
    hooks: {
      logMethod([first, message, ...details], method) {
        const isError = first instanceof Error;
        const fields: unknown = isError
          ? { err: first }
          : typeof first === 'string'
            ? redactor.text(first)
            : first;
        const text = message ?? (isError ? first.message : undefined);
        if (text === undefined) method.apply(this, [fields]);
        else
          method.apply(this, [
            fields,
            redactor.text(String(text)),
            ...details.map((part) => redactor.value(part)),
          ]);
      },
      streamWrite: (line) => redactor.text(line),
    },
  };
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function terminal(): DestinationStream & { close(): void } {
  return {
    write: (line) => void process.stderr.write(line),
    close: () => undefined,
  };
}
