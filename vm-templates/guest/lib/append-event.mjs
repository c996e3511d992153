/** append-event TYPE [CODE]: appends one of the events that carry nothing, or `exited` with its code. */
import { appendEvent } from './state.mjs';

const PLAIN = ['hello', 'online', 'job-completed'];

const [type = '', code = ''] = process.argv.slice(2);
if (PLAIN.includes(type)) appendEvent({ type });
else if (type === 'exited' && /^[0-9]{1,3}$/.test(code)) appendEvent({ type, code: Number(code) });
else process.exitCode = 64;
