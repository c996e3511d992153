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

/** True when the field's name alone says that its value is secret. A reference such as `keychain:NAME` is none. */
export function isSecretField(name: string): boolean {
  return SECRET_FIELD.test(name);
}

/** Knows secrets for as long as they live, and scrubs. */
export class Redactor {
  readonly #known = new Set<string>();

  /** Makes a secret known, with the forms in which it may turn up: each line, and Base64. Returns how to forget it. */
  add(secret: string): () => void {
    const lines = secret.split('\n').map((line) => line.trim());
    const encoded = Buffer.from(secret).toString('base64').replace(/=+$/, '');
    const forms = [secret.trim(), encoded, ...lines].filter(
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

  /** A scrubbed copy for JSON: errors become objects with their causes, what is too deep is cut. */
  value(value: unknown): unknown {
    return this.#value(value, 0);
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST) return '[too deep]';
    if (value instanceof Error) return this.#error(value, depth);
    if (value instanceof Date) return value.toJSON();
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (value instanceof Map || value instanceof Set) return this.#value([...value], depth);
    if (Array.isArray(value)) return value.map((item) => this.#value(item, depth + 1));
    const entries = Object.entries(value).map(([key, item]) => [key, this.#field(key, item, depth)]);
    return Object.fromEntries(entries);
  }

  #field(key: string, item: unknown, depth: number): unknown {
    const isShown = item === null || typeof item !== 'string' || !isSecretField(key);
    return isShown ? this.#value(item, depth + 1) : REDACTED;
  }

  #error(error: Error, depth: number): unknown {
    const own = {
      ...error,
      name: error.name,
      message: error.message,
      stack: error.stack,
      cause: error.cause,
    };
    const shown = Object.entries(own).filter(([, item]) => item !== undefined);
    return Object.fromEntries(shown.map(([key, item]) => [key, this.#field(key, item, depth)]));
  }
}
