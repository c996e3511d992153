/** The `github` section: where the runners register, and by which right. */
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

export const githubSchema = z
  .strictObject({
    url: z
      .string()
      .overwrite((url) => url.replace(/\/+$/, ''))
      .refine(isScope, 'an address such as https://github.com/acme or https://github.com/acme/app')
      .describe('The organisation or repository whose jobs are served.'),
    runnerGroup: z
      .string()
      .min(1)
      .max(128)
      .default('default')
      .describe('The runner group; it decides at GitHub which repositories may use the runners.'),
    app: app.optional(),
    token: secretRef.optional().describe('Reference to a personal access token, instead of an App.'),
  })
  .refine((github) => (github.app === undefined) !== (github.token === undefined), {
    error: 'exactly one of "app" and "token"',
    path: ['app'],
  })
  .describe('Where the runners register, and by which right.');

/** Plain http only on this machine: tokens travel there. */
function isScope(text: string): boolean {
  const url = URL.parse(text);
  if (!url || url.username || url.password || url.search || url.hash) return false;
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) return false;
  return /^\/[\w.-]+(?:\/[\w.-]+)?$/.test(url.pathname);
}
