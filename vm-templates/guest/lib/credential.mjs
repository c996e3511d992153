/** What a runner's credential may be, checked both when it is stored and when it is taken. */
import { Refusal } from './input.mjs';

/** Names that decide what programs run, as whom, and where; nobody's job to set. Compared in upper case. */
const FORBIDDEN_NAMES = new Set(
  `PATH HOME USER LOGNAME SHELL TMPDIR PWD OLDPWD IFS ENV CDPATH GLOBIGNORE SHELLOPTS BASHOPTS PS4 UID EUID PPID
   NODE_OPTIONS NODE_PATH RUNNER_ALLOW_RUNASROOT XPC_SERVICE_NAME SSH_AUTH_SOCK PROMPT_COMMAND POSIXLY_CORRECT`.split(
    /\s+/,
  ),
);
const FORBIDDEN_PREFIXES = [
  'DYLD_',
  'LD_',
  'BASH',
  'ACTIONS_',
  'GITHUB_',
  'RUNNER_',
  'MACRUNNER_',
  'DOTNET_',
  'CORECLR_',
  'COMPLUS_',
  'MALLOC',
];
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const MAX_NAMES = 64;
const MAX_VALUE = 4096;
const MAX_JIT = 128 * 1024;

/** @throws {Refusal} that names what is wrong and quotes no value */
export function checkCredential(/** @type {Record<string, unknown>} */ value) {
  const { jitConfig, environment, ...rest } = value;
  if (Object.keys(rest).length > 0) throw new Refusal('the credential has fields that are not known');
  if (
    typeof jitConfig !== 'string' ||
    jitConfig.length > MAX_JIT ||
    !/^[A-Za-z0-9+/]+={0,2}$/.test(jitConfig)
  ) {
    throw new Refusal('jitConfig is not base64');
  }
  if (typeof environment !== 'object' || environment === null || Array.isArray(environment)) {
    throw new Refusal('environment is no object');
  }
  const entries = Object.entries(environment);
  if (entries.length > MAX_NAMES) throw new Refusal(`environment has more than ${MAX_NAMES} names`);
  for (const [name, text] of entries) checkVariable(name, text);
  return { jitConfig, environment };
}

function checkVariable(name, text) {
  if (!NAME.test(name)) throw new Refusal('environment has a name that is none');
  const upper = name.toUpperCase();
  if (FORBIDDEN_NAMES.has(upper) || FORBIDDEN_PREFIXES.some((prefix) => upper.startsWith(prefix))) {
    throw new Refusal(`environment may not set ${name}`);
  }
  if (typeof text !== 'string' || text.length > MAX_VALUE || /[\0\r\n]/.test(text)) {
    throw new Refusal(`environment value of ${name} is not one line of text`);
  }
}
