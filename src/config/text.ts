/** The forms of single values that several parts of the configuration share. */
import { validate } from 'node-cron';
import * as z from 'zod';

export const secretRef = z
  .string()
  .regex(/^(?:file:[^\0\n]+|keychain:[A-Za-z0-9._-]{1,64})$/, 'a reference: "file:PATH" or "keychain:NAME"')
  .describe('Where the secret is: "file:PATH" (relative to the secrets directory) or "keychain:NAME".');

export const cron = z
  .string()
  .refine((text) => validate(text), 'a cron line of five fields, such as "30 4 * * *"');

const timeZone = z
  .string()
  .refine(isTimeZone, 'a time zone by its IANA name, such as "Europe/Berlin"')
  .describe('IANA name of the time zone in which the cron line is meant, such as "Europe/Berlin".');

/** The fields of a window of time. */
export const openHours = {
  cron: cron.refine(isPlain, 'a cron line without L, W and #').describe('When the window opens.'),
  hours: z.number().min(0.25).max(168).describe('How long it stays open, in hours.'),
  timeZone,
};

/** `acme/*`, `release/*`: a name in which `*` stands for anything. */
export const pattern = z
  .string()
  .min(1)
  .regex(/^\S+$/, 'a name without spaces, in which "*" stands for anything');

/** Days counted from the end of a month are left out: an open window is found by looking back, field by field. */
function isPlain(line: string): boolean {
  return !/[LW#]/.test(line.replace(/jul|wed/gi, ''));
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
