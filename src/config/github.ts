/** The `github` section, and a pool's own: where the runners register, by which right, and how jobs are heard of. */
import * as z from 'zod';
import { secretRef } from './text.ts';

const app = z
  .strictObject({
    clientId: z
      .string()
      .regex(/^[A-Za-z0-9.]{1,64}$/, "the App's client id, such as Iv23liABCDEF")
      .describe("The GitHub App's client id (its App id works too)."),
    installationId: z.int().min(1).describe('The id of its installation in the organisation.'),
    privateKey: secretRef.describe("Reference to the App's private key (PEM)."),
  })
  .describe('A GitHub App: the recommended way, its tokens live for an hour.');

const section = z.strictObject({
  url: z
    .string()
    .overwrite((url) => url.replace(/\/+$/, ''))
    .refine(isScope, 'an address such as https://github.com/acme or https://github.com/acme/app')
    .describe('The organisation, repository or enterprise (…/enterprises/SLUG) whose jobs are served.'),
  runnerGroup: z
    .string()
    .min(1)
    .max(128)
    .default('default')
    .describe('The runner group; it decides at GitHub which repositories may use the runners.'),
  app: app.optional(),
  token: secretRef.optional().describe('Reference to a personal access token, instead of an App.'),
  queue: z
    .enum(['scale-set', 'rest'])
    .default('scale-set')
    .describe(
      'How jobs are heard of: "scale-set" is GitHub\'s own queue; "rest" asks the REST API every 15 s, for servers without scale sets.',
    ),
  repositories: z
    .array(z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'a repository such as acme/app'))
    .min(1)
    .max(50)
    .optional()
    .describe(
      'With "queue": "rest" and the URL of an organisation: the repositories whose jobs are looked for.',
    ),
});

export const githubSchema = section
  .superRefine((github, context) => {
    for (const { path, message } of findFaults(github)) {
      context.addIssue({ code: 'custom', path: [path], input: github[path], message });
    }
  })
  .describe('Where the runners register, and by which right.');

interface Fault {
  readonly path: keyof z.output<typeof section>;
  readonly message: string;
}

/** What the settings say that cannot be together. */
function findFaults({
  url,
  app: byApp,
  token,
  queue,
  repositories,
}: z.output<typeof section>): readonly Fault[] {
  const [owner, name] = (URL.parse(url)?.pathname ?? '').split('/').filter((part) => part !== '');
  const isEnterprise = owner?.toLowerCase() === 'enterprises' && name !== undefined;
  const needsList = queue === 'rest' && name === undefined;
  const foreign = repositories?.find((each) => each.split('/')[0]?.toLowerCase() !== owner?.toLowerCase());
  const faults: readonly (Fault | false)[] = [
    (byApp === undefined) === (token === undefined) && {
      path: 'app',
      message: 'exactly one of "app" and "token"',
    },
    isEnterprise &&
      byApp !== undefined && {
        path: 'app',
        message: 'left out: an App cannot register runners of an enterprise, use "token"',
      },
    isEnterprise && queue === 'rest' && { path: 'queue', message: '"scale-set" for an enterprise' },
    needsList &&
      repositories === undefined && {
        path: 'repositories',
        message: 'the repositories to look at, as "queue" is "rest" and the URL names an organisation',
      },
    repositories !== undefined &&
      !needsList && {
        path: 'repositories',
        message: 'left out, unless "queue" is "rest" and the URL names an organisation',
      },
    foreign !== undefined && needsList && { path: 'repositories', message: `repositories of ${owner}` },
  ];
  return faults.filter((fault) => fault !== false);
}

/** Plain http only on this machine: tokens travel there. */
function isScope(text: string): boolean {
  const url = URL.parse(text);
  if (!url || url.username || url.password || url.search || url.hash) return false;
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) return false;
  return /^\/[\w.-]+(?:\/[\w.-]+)?$/.test(url.pathname) && !url.pathname.endsWith('.git');
}
