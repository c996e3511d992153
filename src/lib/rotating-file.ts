/**
 * A text file that is appended to and turned over at a size: `agent.log` → `agent.log.1` → `agent.log.2` …
 * Lines are gathered for one turn of the event loop and written whole. What the lines are is left to the caller.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface RotatingFileOptions {
  readonly maxBytes: number;
  /** How many turned-over files stay. */
  readonly keep: number;
  /** What is written when lines could not be (a full disk …) and now can be again. */
  readonly onLost: (lines: number) => string;
}

export class RotatingFile {
  readonly #path: string;
  readonly #options: RotatingFileOptions;
  #fd: number | null = null;
  #bytes = 0;
  #pending: string[] = [];
  #lost = 0;
  readonly #flushAtExit = () => this.flush();

  constructor(path: string, options: RotatingFileOptions) {
    this.#path = path;
    this.#options = options;
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    this.#open();
    process.on('exit', this.#flushAtExit);
  }

  /** `line` ends with its newline. */
  write(line: string): void {
    if (this.#pending.push(line) === 1) setImmediate(this.#flushAtExit);
  }

  /** Writes what was gathered. Never throws: a log that cannot be written must not end the program. */
  flush(): void {
    const lines = this.#pending;
    if (lines.length === 0) return;
    this.#pending = [];
    try {
      const before = this.#lost > 0 ? this.#options.onLost(this.#lost) : '';
      this.#append(before + lines.join(''));
      this.#lost = 0;
    } catch {
      // There is nowhere left to say it; the count is written as soon as something can be.
      this.#lost += lines.length;
    }
  }

  close(): void {
    this.flush();
    process.off('exit', this.#flushAtExit);
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #append(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#options.maxBytes) this.#turnOver();
    const fd = this.#fd ?? this.#open();
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    this.#bytes += bytes.length;
  }

  #turnOver(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    const { keep } = this.#options;
    rmSync(`${this.#path}.${keep}`, { force: true });
    for (let age = keep - 1; age >= 0; age--) this.#renameIfThere(age === 0 ? '' : `.${age}`, `.${age + 1}`);
    this.#open();
  }

  #renameIfThere(from: string, to: string): void {
    try {
      renameSync(this.#path + from, this.#path + to);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }

  #open(): number {
    const fd = openSync(this.#path, 'a', 0o640);
    this.#bytes = fstatSync(fd).size;
    this.#fd = fd;
    return fd;
  }
}
