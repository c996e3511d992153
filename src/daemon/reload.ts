/** The configuration in force. A bad one never replaces a good one: the last good one stays, and the fault is said. */
import { type ConfigSources, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { unenforced } from '../config/unenforced.ts';
import { messageOf } from './intent.ts';

export class ConfigInForce {
  readonly #sources: ConfigSources;
  readonly #atStart: Config;
  #config: Config;
  #refused: string | null = null;

  /** @throws {@link MacrunnerError} `config-invalid`: there is no last good one yet */
  constructor(sources: ConfigSources) {
    this.#sources = sources;
    this.#config = loadConfig(sources).config;
    this.#atStart = this.#config;
  }

  readonly get = (): Config => this.#config;

  /** Why the newest configuration was refused, null when the one in force is the newest. */
  get refused(): string | null {
    return this.#refused;
  }

  get notes(): readonly string[] {
    const late = needRestart(this.#atStart, this.#config);
    return [
      ...unenforced(this.#config),
      ...(late.length === 0
        ? []
        : [
            `Changed, and in force from the next start of the agent on: ${late.join(', ')}. Jobs go on meanwhile.`,
          ]),
    ];
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

/** Read once, when the agent begins: who we are to GitHub and to Tart. */
const READ_AT_START = ['id', 'vmUser', 'tart', 'tartHome'] as const;

function needRestart(before: Config, now: Config): readonly string[] {
  const github = JSON.stringify(before.github) === JSON.stringify(now.github) ? [] : ['github'];
  const host = READ_AT_START.filter((name) => before.host[name] !== now.host[name]);
  const prune = before.upkeep.prune === now.upkeep.prune ? [] : ['upkeep.prune'];
  return [...github, ...host.map((name) => `host.${name}`), ...prune];
}
