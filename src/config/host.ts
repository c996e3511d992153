/** The `host` section: the Mac itself. */
import * as z from 'zod';

export const hostSchema = z
  .strictObject({
    slots: z
      .int()
      .min(1)
      .max(2)
      .default(2)
      .describe('How many macOS VMs may run at a time; Apple allows two per Mac.'),
    vmUser: z
      .string()
      .regex(/^[a-z_][a-z0-9_-]{0,30}$/, 'the short name of a user of this Mac')
      .optional()
      .describe('The user who owns and runs the VMs; without it, the user who runs the agent.'),
    tartHome: z
      .string()
      .regex(/^\/[!-~]{0,59}$/, 'an absolute path of at most 60 characters, without spaces')
      .optional()
      .describe(
        "Tart's directory; without it, ~/.tart of the VM user. A VM's control socket must fit below it.",
      ),
    tart: z
      .string()
      .min(1)
      .default('tart')
      .describe('The tart program: a path, or a name to be found in PATH.'),
    diskFloorGiB: z
      .number()
      .min(0)
      .max(100_000)
      .default(80)
      .describe('No VM is started while less disk than this is free, in GiB.'),
    rebootWhenWedged: z
      .boolean()
      .default(false)
      .describe(
        'Reboot the Mac, in the hours of upkeep.reboot and when no VM runs, if macOS goes on counting VMs that are no more.',
      ),
    id: z
      .string()
      .regex(/^[a-z0-9]{6}$/, 'six of a-z and 0-9')
      .optional()
      .describe('The host id in the names of runners. Leave it out: it is made from the hardware.'),
  })
  .prefault({})
  .describe('The Mac itself.');
