/** The configuration in force. A bad one never replaces a good one: the last good one stays, and the fault is said. */
import { type ConfigSources, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { unenforced } from '../config/unenforced.ts';
import { messageOf } from './intent.ts';

export class ConfigInForce {
  readonly #sources: ConfigSources;
  #config: Config;
  #refused: string | null = null;

  /** @throws {@link MacrunnerError} `config-invalid`: there is no last good one yet */
  constructor(sources: ConfigSources) {
    this.#sources = sources;
    this.#config = loadConfig(sources).config;
  }

  readonly get = (): Config => this.#config;

  /** Why the newest configuration was refused, null when the one in force is the newest. */
  get refused(): string | null {
    return this.#refused;
  }

  get notes(): readonly string[] {
    return unenforced(this.#config);
  }

  /** Reads again; returns the error when the last good configuration stays. */
  reload(): unknown {
    try {
      this.#config = loadConfig(this.#sources).config;
      this.#refused = null;
      return null;
    } catch (error) {
      this.#refused = messageOf(error);
      return error;
    }
  }
}
