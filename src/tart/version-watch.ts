/**
 * Notices that tart was replaced under our feet, as an upgrade by Homebrew does, by a look at its file: no program is
 * started unless the file is another one. What a version is worth is judged by `version.ts`.
 */
import { stat } from 'node:fs/promises';
import { MacrunnerError } from '../core/error.ts';
import { INSTALL_HINT } from './errors.ts';
import { judgeVersion } from './version.ts';

export interface VersionWatchOptions {
  readonly tart: string;
  /** Asks the program itself. */
  readonly read: (signal: AbortSignal) => Promise<string>;
  /** Another version serves from now on; what is worth knowing about it. */
  readonly onUpgrade: (version: string, notes: readonly string[]) => void;
}

export class VersionWatch {
  readonly #options: VersionWatchOptions;
  /** The file whose version is known to serve; null before the first reading. */
  #known: string | null = null;

  constructor(options: VersionWatchOptions) {
    this.#options = options;
  }

  /** Reads the version, whatever the file. Judging it is the caller's. */
  async read(signal: AbortSignal): Promise<string> {
    // The file first: one that is replaced meanwhile is noticed at the next check.
    const file = await this.#file();
    const version = await this.#options.read(signal);
    this.#known = file;
    return version;
  }

  /**
   * Resolves when the program is the one that is known, or another that can serve.
   * @throws {@link MacrunnerError} `host-unfit` for one that cannot, again at every check until it is replaced;
   * `command-missing`
   */
  async check(signal: AbortSignal): Promise<void> {
    const file = await this.#file();
    if (this.#known === null) this.#known = file;
    if (this.#known === file) return;
    const version = await this.#options.read(signal);
    const notes = judgeVersion(version);
    this.#known = file;
    this.#options.onUpgrade(version, notes);
  }

  async #file(): Promise<string> {
    try {
      const { dev, ino, mtimeMs, size } = await stat(this.#options.tart);
      return [dev, ino, mtimeMs, size].join(':');
    } catch (cause) {
      throw new MacrunnerError('command-missing', 'tart is not there', { hint: INSTALL_HINT, cause });
    }
  }
}
