# shellcheck shell=bash
# What every program here starts with: where it lives, where its state lies, and which Node it may use.
# Written for macOS's bash 3.2 and BSD userland; runs on Linux's as well. Sourced, never run.
# The caller sets MACRUNNER_ROOT from its own path first, so that a copy in any directory works alike.

umask 077
# Values that change what Node does before it reads our file. A job may set them; our programs do not obey.
unset NODE_OPTIONS NODE_PATH NODE_REPL_EXTERNAL_MODULE NODE_EXTRA_CA_CERTS

MACRUNNER_STATE=$HOME/.macrunner
MACRUNNER_RUNNER=$HOME/actions-runner

# The copy made at bake time is named so that a job's `killall node` does not reach it.
find_node() {
  local candidate
  for candidate in "$MACRUNNER_ROOT/libexec/macrunner-js" \
    "$MACRUNNER_RUNNER/externals/node24/bin/node" "$MACRUNNER_RUNNER/externals/node20/bin/node"; do
    if [ -x "$candidate" ]; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  printf 'macrunner: no Node in %s\n' "$MACRUNNER_RUNNER/externals" >&2
  return 1
}

# setting NAME DEFAULT: the number in the state file NAME, when it is there and is one.
setting() {
  local value=''
  if [ -f "$MACRUNNER_STATE/$1" ]; then read -r value <"$MACRUNNER_STATE/$1" || true; fi
  case $value in
    '' | *[!0-9]* | ??????????*) printf '%s\n' "$2" ;;
    *) printf '%s\n' "$value" ;;
  esac
}
