/**
 * A real sshd for the guests of the tart double: password login as admin/admin, on the VM's own address, in namespaces
 * of its own. The accounts, /var/tmp and /run that it shows are those of the VM; nothing of this machine is changed,
 * and the end of the VM is the end of every session. Linux, as root.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SSHD = '/usr/sbin/sshd';
/** Of the password `admin`, which the public images have. */
const SHADOW =
  '$6$macrunner$lbZQ2nlXlJ7E1aoEVtPY1TYJYL3b.IEjJSkBrVaBnQUYWDX5PixwrhJmI78AtmDy5ZZYAw.6oF6i1KSylDsz9/';

const CONFIG = `
HostKey {root}/etc/ssh_host_key
AllowUsers admin
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
LogLevel INFO
`;

/** Beside the agent's programs, started when the VM has its address. Files of the guest that need its paths are made here. */
const START = `#!/bin/sh
set -eu
root=$(cd "$HOME/../.." && pwd)
mkdir -p "$root/etc" "$root/var/tmp"
cd "$root/etc"
{
  echo '#!/bin/sh'
  echo 'exec env -i \\'
  env | grep -E '^(HOME|USER|LOGNAME|PATH|TMPDIR|MACRUNNER_[A-Z_]*)=' | sed "s/'/'\\\\\\\\''/g; s/=\\(.*\\)/='\\1' \\\\\\\\/"
  echo 'SHELL=/bin/bash /bin/bash "$@"'
} > login-shell
chmod 755 login-shell
{ grep -v '^admin:' /etc/passwd; echo "admin:x:0:0::$HOME:$root/etc/login-shell"; } > passwd
printf '%s\\n' 'admin:${SHADOW}:20000:0:99999:7:::' > shadow
chmod 600 shadow ssh_host_key
sed "s|{root}|$root|" sshd_template > sshd_config
exec unshare --mount --pid --fork --kill-child --mount-proc /bin/sh "$root/etc/sshd_start" "$root"
`;

const INSIDE = `set -eu
root=$1
mount --bind "$root/etc/passwd" /etc/passwd
mount --bind "$root/etc/shadow" /etc/shadow
mount --bind "$root/var/tmp" /var/tmp
mount -t tmpfs tmpfs /run
mkdir /run/sshd
exec ${SSHD} -D -e -f "$root/etc/sshd_config" -o "ListenAddress=$MACRUNNER_DOUBLE_ADDRESS:{port}"
`;

/** What keeps a guest from having its sshd here, in one sentence, or null. */
export async function missingForSshd(): Promise<string | null> {
  if (process.platform !== 'linux') return "a guest's sshd needs Linux, for its mount and process namespaces";
  if (process.getuid?.() !== 0) return "a guest's sshd needs root, for its accounts and namespaces";
  const run = promisify(execFile);
  try {
    await run(SSHD, ['-V'], { timeout: 10_000 });
  } catch (error) {
    if (isAbsent(error)) return 'there is no sshd (apt-get install openssh-server)';
  }
  try {
    await run('unshare', ['--mount', '--pid', '--fork', '--mount-proc', '/bin/true'], { timeout: 10_000 });
    return null;
  } catch {
    return "a guest's sshd needs namespaces, and unshare is not permitted here";
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Lays the sshd into the disk of an image. Every clone has the same host key, as with the public images. */
export async function layGuestSshd(rootfs: string, port: number): Promise<void> {
  const etc = join(rootfs, 'etc');
  const daemons = join(rootfs, 'usr/local/double-bin/ssh.d');
  for (const dir of [etc, daemons, join(rootfs, 'Users/admin')]) mkdirSync(dir, { recursive: true });
  await promisify(execFile)('ssh-keygen', [
    ...['-q', '-t', 'ed25519', '-N', '', '-C', 'guest', '-f', join(etc, 'ssh_host_key')],
  ]);
  writeFileSync(join(etc, 'sshd_template'), CONFIG);
  writeFileSync(join(etc, 'sshd_start'), INSIDE.replace('{port}', String(port)));
  writeFileSync(join(daemons, 'sshd'), START, { mode: 0o755 });
}
