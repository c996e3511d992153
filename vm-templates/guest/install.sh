#!/bin/bash
# install.sh: run once in the guest, as root, when a template is baked. Puts the guest's programs, their launchd jobs
# and the runner's .path and .env in place. Runs again without harm. Needs GitHub's runner unpacked in
# /Users/admin/actions-runner, and takes its own files from the directory it lies in.
#
# MACRUNNER_DESTDIR is put before every path, for tests; only without it are owners set.
set -eu
source=$(cd "$(dirname "$0")" && pwd -P)
dest=${MACRUNNER_DESTDIR:-}
user=admin
home=$dest/Users/$user
root=$dest/usr/local/macrunner-guest
runner=$home/actions-runner

if [ -z "$dest" ] && [ "$(id -u)" -ne 0 ]; then
  echo 'install.sh: must be root' >&2
  exit 77
fi
if [ ! -x "$runner/bin/Runner.Listener" ]; then
  echo "install.sh: no runner in $runner; unpack actions-runner there first" >&2
  exit 66
fi

# owned OWNER PATH...: nothing to do in a test's directory.
owned() {
  if [ -z "$dest" ]; then chown -R "$@"; fi
}

# The programs: root's, read by all, so that no job can change what the next login would start.
rm -rf "$root"
mkdir -p "$root/libexec"
cp -R "$source/bin" "$source/hooks" "$source/lib" "$root/"
chmod -R u=rwX,go=rX "$root"
chmod 755 "$root"/bin/* "$root"/hooks/*.sh

# Our own Node: GitHub's, under a name that `killall node` does not hit, where the job's user cannot replace it.
# On APFS -c makes a clone that takes no space; other file systems get a plain copy.
for version in node24 node20; do
  node=$runner/externals/$version/bin/node
  if [ -x "$node" ]; then
    cp -c "$node" "$root/libexec/macrunner-js" 2>/dev/null || cp "$node" "$root/libexec/macrunner-js"
    chmod 755 "$root/libexec/macrunner-js"
    break
  fi
done
if [ ! -x "$root/libexec/macrunner-js" ]; then
  echo "install.sh: $runner/externals brings no Node that is known" >&2
  exit 66
fi
owned root:wheel "$root"

# launchd refuses property lists that others than root may write.
mkdir -p "$dest/Library/LaunchAgents" "$dest/Library/LaunchDaemons"
cp "$source/dev.macrunner.runner.plist" "$dest/Library/LaunchAgents/"
cp "$source/dev.macrunner.watchdog.plist" "$dest/Library/LaunchDaemons/"
chmod 644 "$dest/Library/LaunchAgents/dev.macrunner.runner.plist" \
  "$dest/Library/LaunchDaemons/dev.macrunner.watchdog.plist"
owned root:wheel "$dest/Library/LaunchAgents/dev.macrunner.runner.plist"
owned root:wheel "$dest/Library/LaunchDaemons/dev.macrunner.watchdog.plist"

# config.sh would write these two; with a JIT configuration it never runs. .path is the PATH of every job.
printf '%s\n' /opt/homebrew/bin:/opt/homebrew/sbin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin >"$runner/.path"
printf 'LANG=en_US.UTF-8\n' >"$runner/.env"
chmod 644 "$runner/.path" "$runner/.env"
owned "$user:staff" "$runner/.path" "$runner/.env"

# A template must start its life without a past.
rm -rf "$home/.macrunner"
mkdir -p "$home/.macrunner"
chmod 700 "$home/.macrunner"
owned "$user:staff" "$home/.macrunner"
echo 'macrunner-install: ok'
