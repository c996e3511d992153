/**
 * What was heard, so that two GitHubs can be compared: names in place of ids, tokens and times, in the order in which
 * they first appear, and no fields that no client reads.
 */

const UNREAD = new Set([
  ...['runnerJitConfigUrl', 'acquireJobUrl', 'enabled', 'version', 'createdOn', 'token_schema'],
  ...['use_v2_flow', '$id', 'message', 'documentation_url'],
]);

/** By the name of the field that holds it. */
const KIND: Readonly<Record<string, string>> = {
  sessionId: 'session',
  jobId: 'job',
  messageQueueAccessToken: 'token',
  token: 'token',
  encodedJITConfig: 'jit',
};

export class Normal {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** A path or any other text in which known ids are replaced. */
  text(text: string): string {
    let result = text;
    for (const [id, name] of this.#names) result = result.replaceAll(id, name);
    return result;
  }

  /** The JSON of a body, or the body. */
  body(text: string): unknown {
    if (text === '') return null;
    try {
      return this.value(JSON.parse(text));
    } catch {
      return text;
    }
  }

  value(value: unknown, key = ''): unknown {
    if (Array.isArray(value)) return value.map((each) => this.value(each, key));
    if (typeof value === 'object' && value !== null) {
      const fields = Object.entries(value).filter(([name]) => !UNREAD.has(name));
      fields.sort(([one], [other]) => (one < other ? -1 : 1));
      return Object.fromEntries(fields.map(([name, inner]) => [name, this.value(inner, name)]));
    }
    if (typeof value === 'number' && key.endsWith('Ms')) return value === 0 ? 0 : 'time';
    return typeof value === 'string' ? this.#string(value, key) : value;
  }

  #string(value: string, key: string): unknown {
    const known = this.#names.get(value);
    if (known) return known;
    const kind = KIND[key];
    if (kind) return this.#nameOf(kind, value);
    if (value.startsWith('[{')) return this.body(value); // JSON within JSON
    if (value.startsWith('0001-01-01')) return 'unset';
    if (/^\d{4}-\d\d-\d\dT/.test(value)) return 'time';
    return URL.canParse(value) && value.startsWith('http') ? 'url' : this.text(value);
  }

  #nameOf(kind: string, id: string): string {
    const known = this.#names.get(id);
    if (known) return known;
    const n = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, n);
    this.#names.set(id, `<${kind} ${n}>`);
    return `<${kind} ${n}>`;
  }
}
