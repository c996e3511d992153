/** Names: `host[:port]/namespace[/more][:tag|@sha256:hex]` is a remote image, everything else a local VM. */
import { runtime } from './failure.ts';

export interface RemoteName {
  readonly host: string;
  readonly namespace: string;
  readonly kind: 'tag' | 'digest';
  readonly reference: string;
}

const NAME = '[A-Za-z0-9]+';
const HOST = `${NAME}(?:-${NAME})*(?:\\.${NAME}(?:-${NAME})*)*(?::[0-9]+)?`;
const COMPONENT = `(?:${NAME}[._-]?)+`;
const REMOTE = new RegExp(
  `^(${HOST})/(${COMPONENT}(?:/${COMPONENT})*)(?::(${NAME}(?:[._-]${NAME})*)|@(sha256:${NAME}))?$`,
);

/** Undefined for what is no remote name; a missing tag is `latest`. */
export function parseRemote(name: string): RemoteName | undefined {
  const [, host, namespace, tag, digest] = REMOTE.exec(name) ?? [];
  if (host === undefined || namespace === undefined) return undefined;
  const kind = digest === undefined ? 'tag' : 'digest';
  return { host, namespace, kind, reference: digest ?? tag ?? 'latest' };
}

/** Where the wording of the real parser is not known, only its frame is kept. */
export function remoteOrFail(name: string): RemoteName {
  const remote = parseRemote(name);
  if (remote !== undefined) return remote;
  const fits = [...name].findIndex((_, at) => !/^[A-Za-z0-9./:@_-]*$/.test(name.slice(0, at + 1)));
  const character = (fits === -1 ? name.length : fits) + 1;
  throw runtime(
    `failed to parse remote name: mismatched input '${name[character - 1] ?? '<EOF>'}' (character ${character})`,
  );
}

export function isRemote(name: string): boolean {
  return parseRemote(name) !== undefined;
}

export function textOf({ host, namespace, kind, reference }: RemoteName): string {
  return `${host}/${namespace}${kind === 'digest' ? '@' : ':'}${reference}`;
}
