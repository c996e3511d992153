#!/bin/bash
# GitHub's runner calls this after the last step. Reports `job-completed`; the job's result is never changed by it.
set +e
set -u
MACRUNNER_ROOT=$(cd "$(dirname "$0")/.." && pwd -P) || exit 0
# shellcheck source=../lib/common.sh
. "$MACRUNNER_ROOT/lib/common.sh" || exit 0
rm -f "$MACRUNNER_STATE/job-running"
node=$(find_node) || exit 0
"$node" "$MACRUNNER_ROOT/lib/append-event.mjs" job-completed </dev/null
exit 0
