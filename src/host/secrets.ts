/**
 * Reads the secrets that the configuration refers to: files that only their owner can read, and items of the System
 * keychain. What is read is told to nobody but the caller, and errors never quote it.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MacrunnerError } from '../core/error.ts';
import { run } from '../lib/run.ts';

export interface SecretOptions {
  /** What `file:` references are relative to. */
  readonly secretsDir: string;
  readonly signal: AbortSignal;
  /** Path of `security`. */
  readonly security?: string;
  /** Without a keychain `security` can hang, waiting for a window. Default 10,000. */
  readonly timeoutMs?: number;
}

const SERVICE = 'dev.macrunner';
const SYSTEM_KEYCHAIN = '/Library/Keychains/System.keychain';
const MAX_BYTES = 64 * 1024;
const TIMEOUT_MS = 10_000;
const PEM = '-----BEGIN ';

/** Exit codes of `security`: the low byte of errSecItemNotFound, errSecInteractionNotAllowed, errSecAuthFailed, errSecNoSuchKeychain. */
const EXIT = { notFound: 44, locked: 36, refused: 51, noKeychain: 50 } as const;

/**
 * The secret behind `file:PATH` or `keychain:NAME`, without the newline at its end.
 *
 * @throws {@link MacrunnerError} `secret-unreadable` with what to do
 */
export async function readSecret(reference: string, options: SecretOptions): Promise<string> {
  const [scheme, name] = split(reference);
  if (scheme === 'file' && name !== '') return readFile(resolve(options.secretsDir, name));
  if (scheme === 'keychain' && name !== '') return await readKeychain(name, options);
  // Not quoted: it may be the secret itself, put where the reference belongs.
  throw unreadable('a secret is not given as a reference', 'Write "file:PATH" or "keychain:NAME".');
}

function split(reference: string): readonly [string, string] {
  const colon = reference.indexOf(':');
  return colon < 0 ? ['', ''] : [reference.slice(0, colon), reference.slice(colon + 1)];
}

function readFile(path: string): string {
  const fd = open(path);
  try {
    // Of the open file, so that nothing can be exchanged between looking and reading.
    const { mode, uid, size, isFile } = statOf(fd);
    const own = process.getuid?.() ?? 0;
    if (!isFile) throw unreadable(`${path} is not a file`, 'Put the secret into a file of its own.');
    if (uid !== 0 && uid !== own)
      throw unreadable(
        `${path} belongs to another user (${uid})`,
        `Take it over: sudo chown ${own} '${path}'`,
      );
    if ((mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8).padStart(4, '0');
      throw unreadable(`${path} can be used by others (mode ${shown})`, `Close it: chmod 600 '${path}'`);
    }
    if (size > MAX_BYTES) throw unreadable(`${path} is too large for a secret`, 'Check the reference.');
    return notEmpty(readFileSync(fd, 'utf8').trimEnd(), path);
  } finally {
    closeSync(fd);
  }
}

function open(path: string): number {
  try {
    // A pipe without a writer must not hold us up.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const hint =
      code === 'ENOENT' ? `Put the secret there, mode 0600.` : 'Run this as the owner, or with sudo.';
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${String(code)})`;
    throw new MacrunnerError('secret-unreadable', `the secret ${path} ${why}`, { hint, cause });
  }
}

function statOf(fd: number) {
  const stat = fstatSync(fd);
  return { mode: stat.mode, uid: stat.uid, size: stat.size, isFile: stat.isFile() };
}

async function readKeychain(name: string, options: SecretOptions): Promise<string> {
  const { security = '/usr/bin/security', timeoutMs = TIMEOUT_MS, signal } = options;
  const args = ['find-generic-password', '-s', SERVICE, '-a', name, '-w', SYSTEM_KEYCHAIN];
  const { exitCode, stdout } = await ask(security, args, { timeoutMs, signal }, name);
  const what = `keychain item "${name}"`;
  if (exitCode === EXIT.notFound)
    throw unreadable(
      `there is no ${what} (service ${SERVICE})`,
      `Keep it in a file of mode 0600 instead (file:NAME), or add it to the System keychain: service ${SERVICE}, account ${name}.`,
    );
  if (exitCode === EXIT.noKeychain) throw unreadable('there is no System keychain', 'Use a file: reference.');
  if (exitCode === EXIT.locked || exitCode === EXIT.refused)
    throw unreadable(`the ${what} is locked to us (exit ${exitCode})`, 'Only root can read it: use sudo.');
  return notEmpty(plain(stdout.trimEnd()), what);
}

async function ask(
  security: string,
  args: readonly string[],
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
  name: string,
) {
  try {
    return await run(security, args, { ...limits, okExitCodes: Object.values(EXIT) });
  } catch (error) {
    limits.signal.throwIfAborted();
    const why = error instanceof MacrunnerError ? error.code : 'command-failed';
    // Without the cause: it holds what the program said.
    throw unreadable(
      `the keychain item "${name}" cannot be read (${security}: ${why})`,
      'Use a file: reference where there is no keychain.',
    );
  }
}

/** A key of several lines is printed as hex by `security`, or was stored as Base64; anything else is as it stands. */
function plain(text: string): string {
  const decoded = /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  const asText = decoded.toString('utf8');
  return asText.startsWith(PEM) ? asText.trimEnd() : text;
}

function notEmpty(secret: string, what: string): string {
  if (secret === '') throw unreadable(`${what} is empty`, 'Store the secret again.');
  return secret;
}

function unreadable(message: string, hint: string): MacrunnerError {
  return new MacrunnerError('secret-unreadable', message, { hint });
}
