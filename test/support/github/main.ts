/**
 * The simulated GitHub as a program: `main.ts [--port N] [--options JSON]`. Prints one line of JSON when it is ready
 * and runs until SIGTERM or SIGINT. Options are those of `options.ts`.
 */
import { parseArgs } from 'node:util';
import { optionsSchema } from './options.ts';
import { startGitHub } from './start.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, options: { type: 'string', default: '{}' } },
});
const options = optionsSchema.parse(JSON.parse(values.options));
const github = await startGitHub({ ...options, port: Number(values.port) });
console.log(JSON.stringify({ url: github.url, origin: github.origin, port: github.port }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void github.close());
