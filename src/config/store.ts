/**
 * Reads and changes single settings of the file, for `config get` and `config set`. The file is written only when
 * somebody sets something and the whole is valid with it; reading never writes.
 */
import { basename, dirname, extname } from 'node:path';
import { MacrunnerError } from '../core/error.ts';
import { nearest } from '../lib/nearest.ts';
import { valueFromText } from './environment.ts';
import type { Origin } from './layers.ts';
import { readFileLayer } from './layers.ts';
import { type ConfigSources, checkConfig, type LoadedConfig, loadConfig } from './load.ts';
import { configShape, keysOf, shapeAt } from './shape.ts';
import { isTree, leavesOf, type Path, pathText, type Tree, valueAt, withValue } from './tree.ts';

/** Readable by root and the group admin. */
const FILE_MODE = 0o640;

/** The value in force at `path` (such as `host.slots`), undefined when it is not set. @throws `not-found` for no setting */
export function getValue(sources: ConfigSources, path: string): unknown {
  return valueAt(loadConfig(sources).config, known(path));
}

/**
 * Sets one setting in the file. `text` is JSON, or a plain text. Returns the layer in force at `path` afterwards: when
 * it is not `file`, something stronger hides what was set.
 *
 * @throws {@link MacrunnerError} `not-found` for no setting; `config-invalid`, and nothing is written
 */
export async function setValue(
  sources: ConfigSources,
  path: string,
  text: string,
): Promise<{ readonly inForce: Origin }> {
  const where = known(path);
  const value = valueFromText(configShape(), where, text);
  const present = readFileLayer(sources.locations.config);
  const loaded = await writeConfig(sources, withValue(present ?? {}, where, value));
  const leaf = leavesOf(valueAt(loaded.config, where), where)[0]?.path ?? where;
  return { inForce: loaded.origins.get(pathText(leaf)) ?? 'default' };
}

/** Replaces the whole file, atomically, when it is valid. @throws {@link MacrunnerError} `config-invalid` */
export async function writeConfig(sources: ConfigSources, file: unknown): Promise<LoadedConfig> {
  const loaded = checkConfig(sources, file);
  if (isTree(file)) await write(sources.locations.config, file);
  return loaded;
}

async function write(file: string, value: Tree): Promise<void> {
  // Loaded here: it brings a schema validator of its own, which nothing else needs.
  const { default: Conf } = await import('conf');
  const extension = extname(file);
  const store = new Conf<Record<string, unknown>>({
    cwd: dirname(file),
    configName: basename(file, extension),
    fileExtension: extension.slice(1),
    configFileMode: FILE_MODE,
    serialize: (content) => `${JSON.stringify(content, null, 2)}\n`,
  });
  store.store = { ...value };
}

function known(text: string): Path {
  const shape = configShape();
  const path: (string | number)[] = [];
  for (const word of text.split('.')) {
    const parent = shapeAt(shape, path);
    path.push(parent?.items && /^\d+$/.test(word) ? Number(word) : word);
    if (shapeAt(shape, path) && !(parent?.items && !/^\d+$/.test(word))) continue;
    const keys = keysOf(parent);
    const meant = nearest(word, keys);
    throw new MacrunnerError('not-found', `there is no setting ${pathText(path)}`, {
      hint: meant
        ? `Did you mean ${pathText([...path.slice(0, -1), meant])}?`
        : `There is: ${keys.join(', ')}`,
    });
  }
  return path;
}
