#!/bin/bash
# The gate: GitHub's runner calls it before the first step of a job. Reports which job it is and waits, like a latch,
# for the host's verdict. It opens only for that word: a refusal, silence, a signal or a defect of its own all end in
# the exit trap, which kills Runner.Worker. Failing alone would not do: a failed hook does not keep steps with
# `if: always()` from running (actions/runner: src/Runner.Worker/StepsRunner.cs).
# No policy is known here; the host judges.
set +e
set -u
allowed=no
why='the gate broke before it had an answer'

# The first ancestor that is a Runner.Worker. Both BSD and GNU ps know these options; -ww keeps long paths whole.
worker_pid() {
  local pid=$PPID line parent
  while [ "$pid" -gt 1 ]; do
    line=$(ps -ww -o ppid= -o args= -p "$pid") || return 1
    set -f
    # shellcheck disable=SC2086 # split on purpose: parent, then the program and its arguments
    set -- $line
    parent=$1
    shift
    case ${1:-} in
      */Runner.Worker | Runner.Worker)
        printf '%s\n' "$pid"
        return 0
        ;;
    esac
    pid=$parent
  done
  return 1
}

close_gate() {
  local pid
  trap '' INT TERM HUP
  if [ "$allowed" = yes ]; then exit 0; fi
  printf '::error title=Refused by this host::%s\n' "$why"
  # The worker sends its log in batches; a moment lets the line above reach the reader. Nothing runs meanwhile.
  grace=$(setting refusal-grace-ms 2000) || grace=2000
  sleep "$((grace / 1000)).$(printf '%03d' "$((grace % 1000))")"
  if pid=$(worker_pid); then kill -KILL "$pid"; fi
  exit 1
}
# Replaced by lib/common.sh; here so that the trap works even when that file is missing.
setting() { printf '%s\n' "$2"; }
trap close_gate EXIT
trap 'why="the job was cancelled before the host answered"; exit 1' INT TERM HUP

MACRUNNER_ROOT=$(cd "$(dirname "$0")/.." && pwd -P) || exit 1
# shellcheck source=../lib/common.sh
. "$MACRUNNER_ROOT/lib/common.sh" || exit 1
node=$(find_node) || exit 1

n=$("$node" "$MACRUNNER_ROOT/lib/gate.mjs" ask) || exit 1
case $n in '' | *[!0-9]*) exit 1 ;; esac

# Counted in looks, not by the clock, which a guest may set while we wait.
looks=$(($(setting verdict-deadline-ms 60000) / 50))
while [ ! -f "$MACRUNNER_STATE/verdict-$n" ] && [ "$looks" -gt 0 ]; do
  sleep 0.05
  looks=$((looks - 1))
done

# Prints the reason of a refusal, in one line that cannot be read as a workflow command.
if answer=$("$node" "$MACRUNNER_ROOT/lib/gate.mjs" take "$n"); then
  allowed=yes
else
  why=${answer:-$why}
fi
