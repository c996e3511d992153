/** Standard input as one JSON object from the host: bounded in size and time. What it must hold, its readers check. */

export class Refusal extends Error {}

/** @throws {Refusal} when the input is larger than `maxBytes`, later than `timeoutMs`, or no JSON object */
export async function readObject(/** @type {{ maxBytes: number, timeoutMs?: number }} */ limits) {
  const { maxBytes, timeoutMs = 30_000 } = limits;
  const late = setTimeout(() => process.stdin.destroy(new Refusal('input did not end in time')), timeoutMs);
  const chunks = [];
  let bytes = 0;
  try {
    for await (const chunk of process.stdin) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Refusal(`input is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(late);
  }
  return parse(Buffer.concat(chunks));
}

function parse(bytes) {
  let value;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's message quotes its input, which may be a secret.
    throw new Refusal('input is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal('input is no object');
  return value;
}

/** One printable line of at most `max` characters: what may stand in an answer, a log or a workflow command. */
export function oneLine(/** @type {unknown} */ text, max = 512) {
  return [...String(text)]
    .map((character) => (/[\p{C}\p{Zl}\p{Zp}]/u.test(character) ? ' ' : character))
    .join('')
    .slice(0, max)
    .toWellFormed();
}
