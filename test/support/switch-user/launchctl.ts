/** `launchctl asuser UID PROGRAM …`: runs the program in the user's session, with the environment it has. */
const [, , verb, uid, program = '', ...args] = process.argv;
if (verb !== 'asuser' || uid !== '501') {
  process.stderr.write(`launchctl double: ${verb} ${uid} is not simulated\n`);
  process.exit(64);
}
// The real one becomes the program; descriptors above 2 go with it only when they were inherited.
process.execve?.(program, [program, ...args], process.env);
