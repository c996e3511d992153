/**
 * Loads the configuration from its layers: defaults < file < managed preferences < environment. All problems are said
 * at once. To keep the last good one when a new one is bad is left to the daemon.
 */
import { MacrunnerError } from '../core/error.ts';
import { assignmentsOf } from './environment.ts';
import { assign, merge, type Origin, readFileLayer, readManagedLayer } from './layers.ts';
import type { Locations } from './locations.ts';
import { describeProblems } from './problems.ts';
import { type Config, configSchema } from './schema.ts';
import { configShape } from './shape.ts';
import { isTree, leavesOf, pathText } from './tree.ts';

export interface ConfigSources {
  readonly locations: Pick<Locations, 'config' | 'managed'>;
  readonly env: NodeJS.ProcessEnv;
  /** Another reader of managed preferences; it returns null when there are none. */
  readonly readManaged?: () => unknown;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where each leaf (by path text, such as `pools.0.warm`) came from; what is not here is a default. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** @throws {@link MacrunnerError} `config-invalid`, one line per problem */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  return checkConfig(sources, readFileLayer(sources.locations.config));
}

/** As {@link loadConfig}, with `file` instead of what the file holds: null when there is none. */
export function checkConfig(sources: ConfigSources, file: unknown): LoadedConfig {
  const { locations, env, readManaged = () => readManagedLayer(locations.managed) } = sources;
  const shape = configShape();
  const layers = merge([
    { origin: 'file', value: mustBeObject(file, locations.config) },
    { origin: 'managed', value: mustBeObject(readManaged(), locations.managed) },
  ]);
  const merged = assign(layers, assignmentsOf(env, shape, layers.value));
  if (merged.origins.size === 0 && file === null) throw missing(locations.config);
  const checked = configSchema.safeParse(merged.value);
  if (!checked.success)
    throw invalid(locations.config, describeProblems(checked.error.issues, merged, shape));
  return { config: checked.data, origins: merged.origins };
}

/** Every setting in force, for `config show`: path, value and where it came from. */
export function settingsOf({ config, origins }: LoadedConfig) {
  return leavesOf(config).map(({ path, value }) => {
    const text = pathText(path);
    return { path: text, value, origin: origins.get(text) ?? ('default' satisfies Origin) };
  });
}

function mustBeObject(layer: unknown, place: string): unknown {
  if (layer === null || isTree(layer)) return layer;
  throw invalid(place, ['the whole must be an object']);
}

function invalid(file: string, lines: readonly string[]): MacrunnerError {
  const what = lines.length === 1 ? 'one problem' : `${lines.length} problems`;
  const message = [`the configuration has ${what} (${file})`, ...lines.map((line) => `  ${line}`)].join('\n');
  return new MacrunnerError('config-invalid', message, {
    hint: 'Correct what is named, then run: macrunner config check',
  });
}

function missing(file: string): MacrunnerError {
  return new MacrunnerError('config-invalid', `there is no configuration (${file})`, {
    hint: 'Write one; the README has an example, and `macrunner config schema` says all that is allowed.',
  });
}
