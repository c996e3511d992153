/** Which versions of tart can be used, and what is known against those that can. One table, each line with its reason. */
import { MacrunnerError } from '../core/error.ts';

interface Finding {
  /** It holds for versions below this one. */
  readonly below: string;
  readonly verdict: 'refused' | 'noted';
  readonly why: string;
}

const FINDINGS: readonly Finding[] = [
  {
    below: '2.27.0',
    verdict: 'refused',
    why: 'it has no `tart exec`, the only way into a VM (it came with 2.27.0)',
  },
  {
    // openai/tart: PR 1333, merged after 2.35.0 and in no release up to it; 2.36.0 stands for the first that may have it.
    below: '2.36.0',
    verdict: 'noted',
    why: 'a control connection that drops may crash `tart run`, and the job with it (openai/tart PR 1333)',
  },
];

const UPGRADE = 'upgrade it: brew install openai/tools/tart';

/**
 * What is worth knowing about `version`, the answer of `tart --version`.
 * @throws {@link MacrunnerError} `host-unfit` for a version that cannot serve, with how to get another
 */
export function judgeVersion(version: string): readonly string[] {
  if (!/^\d+\.\d+\.\d+/.test(version))
    return [`tart calls itself "${version}", which is no release: it is taken at its word.`];
  const against = FINDINGS.filter(({ below }) => isBelow(version, below));
  const refusal = against.find(({ verdict }) => verdict === 'refused');
  if (refusal) {
    throw new MacrunnerError('host-unfit', `tart ${version} is too old`, {
      hint: UPGRADE,
      cause: new Error(refusal.why),
    });
  }
  return against.map(({ why }) => `tart ${version}: ${why}; ${UPGRADE} as soon as a newer one is out.`);
}

function isBelow(version: string, other: string): boolean {
  const [mine, theirs] = [version, other].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, 10)),
  );
  const at = mine?.findIndex((part, index) => part !== theirs?.[index]) ?? -1;
  return at >= 0 && (mine?.[at] ?? 0) < (theirs?.[at] ?? 0);
}
