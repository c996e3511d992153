/**
 * Takes secrets out of texts and objects before they are written anywhere: those that were made known, and whatever
 * looks like one. The last line of defence; the first is not to pass secrets around.
 */

/** What stands in a secret's place. */
export const REDACTED = '[redacted]';

/** Values of fields with such names are never shown, whatever they look like. */
const SECRET_FIELD =
  /(?:token|secret|passw(?:or)?d|passphrase|private_?key|authorization|credential|jit_?config|cookie)s?$/i;

const PATTERNS: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)-----[\s\S]*?(?:-----END [A-Z0-9 ]*-----|$)/g,
  /\bgh[a-z]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*/g,
  /\b(?:Bearer|Basic|RemoteAuth)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  // A JIT configuration is kilobytes of Base64; digests (64) and UUIDs are far shorter.
  /[A-Za-z0-9+/_-]{200,}={0,2}/g,
];

/** Shorter strings are refused: replacing them would only garble the text. */
const SHORTEST = 6;
const DEEPEST = 8;
const MOST_PARTS = 1_000;

/** True when the field's name alone says that its value is secret. A reference such as `keychain:NAME` is none. */
export function isSecretField(name: string): boolean {
  return SECRET_FIELD.test(name);
}

/** Knows secrets for as long as they live, and scrubs. */
export class Redactor {
  readonly #known = new Set<string>();

  /** Makes a secret known, with the forms in which it may turn up: in JSON, each line, Base64. Returns how to forget it. */
  add(secret: string): () => void {
    const lines = secret.split('\n').map((line) => line.trim());
    const encoded = Buffer.from(secret).toString('base64').replace(/=+$/, '');
    const inJson = JSON.stringify(secret.trim()).slice(1, -1);
    const forms = [secret.trim(), inJson, encoded, ...lines].filter(
      (form) => form.length >= SHORTEST && !form.startsWith('-----'),
    );
    for (const form of forms) this.#known.add(form);
    return () => {
      for (const form of forms) this.#known.delete(form);
    };
  }

  text(text: string): string {
    let clean = text;
    for (const secret of this.#known) {
      if (clean.includes(secret)) clean = clean.replaceAll(secret, REDACTED);
    }
    for (const pattern of PATTERNS) clean = clean.replace(pattern, REDACTED);
    return clean;
  }

  /** A scrubbed copy for JSON: errors become objects with their causes; what is too deep or too much is cut. */
  value(value: unknown): unknown {
    return this.#value(value, 0, { left: MOST_PARTS });
  }

  #value(value: unknown, depth: number, parts: { left: number }): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'function') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST || --parts.left < 0) return '[cut]';
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (value instanceof Map || value instanceof Set) return this.#value([...value], depth, parts);
    if (Array.isArray(value)) return value.map((item) => this.#value(item, depth + 1, parts));
    if ('toJSON' in value && typeof value.toJSON === 'function')
      return this.#value(value.toJSON(), depth + 1, parts);
    const fields = value instanceof Error ? fieldsOf(value) : value;
    const shown = Object.entries(fields).filter(([, item]) => item !== undefined);
    return Object.fromEntries(shown.map(([key, item]) => [key, this.#field(key, item, depth, parts)]));
  }

  #field(key: string, item: unknown, depth: number, parts: { left: number }): unknown {
    if (typeof item === 'string' && isSecretField(key)) return REDACTED;
    return this.#value(item, depth + 1, parts);
  }
}

function fieldsOf(error: Error): object {
  const { name, message, stack, cause } = error;
  return { ...error, name, message, stack, cause };
}
