/** The main scene: eight jobs for two pools over two slots, with all that ordinarily goes wrong. */
import type { Scene } from '../scene.ts';

const XCODE = ['self-hosted', 'local-highperf'];
const SIMULATOR = ['self-hosted', 'ios-simulator'];

/** Leaves a file, a global tool, a variable and a process behind: the next job must see none of them. */
const LITTER = [
  'echo planted > "$HOME/planted-file"',
  'mkdir -p "$HOME/bin" && printf "#!/bin/sh\\necho planted\\n" > "$HOME/bin/planted-tool" && chmod +x "$HOME/bin/planted-tool"',
  'echo "PLANTED_VARIABLE=yes" >> "$GITHUB_ENV"; echo "$HOME/bin" >> "$GITHUB_PATH"; echo "export PLANTED=1" >> "$HOME/.zprofile"',
  'nohup /bin/sh -c "while :; do echo alive > \\"$HOME/planted-pulse\\"; sleep 0.2; done" >/dev/null 2>&1 &',
].join('\n');

const LOOK_FOR_LITTER = [
  'test ! -e "$HOME/planted-file"',
  'test ! -e "$HOME/planted-pulse"',
  'test ! -e "$HOME/.zprofile"',
  '! command -v planted-tool',
  '! printenv PLANTED_VARIABLE',
].join('\n');

export const mainJob: Scene = {
  name: 'main',
  summary:
    'eight jobs, two pools, two slots; one fails, two are cancelled, one VM does not boot, the agent is killed once',
  slots: 2,
  bootMs: 4_000,
  pools: [
    { name: 'xcode-26', labels: ['local-highperf', 'xcode-26'], image: 'macos-xcode-26', warm: 1 },
    { name: 'simulator', labels: ['ios-simulator'], image: 'macos-simulator' },
  ],
  /** The third start of a VM fails as the framework fails. */
  failedStart: 3,
  killAgent: { ended: 2, running: 2 },
  jobs: [
    { name: 'build', labels: XCODE, steps: [{ run: 'echo building; sleep 1' }], expect: 'success' },
    {
      name: 'litter',
      labels: XCODE,
      steps: [{ run: LITTER }, { run: 'echo "$PLANTED_VARIABLE"' }],
      expect: 'success',
    },
    {
      name: 'unit-tests',
      labels: SIMULATOR,
      steps: [{ run: 'echo testing; sleep 2; exit 3' }],
      expect: 'failure',
    },
    {
      name: 'ui-tests',
      labels: SIMULATOR,
      steps: [{ run: 'echo tapping; sleep 60' }],
      expect: 'cancelled',
      cancel: 'in_progress',
    },
    {
      name: 'nightly',
      labels: SIMULATOR,
      steps: [{ run: 'sleep 1' }],
      expect: 'cancelled',
      cancel: 'queued',
    },
    {
      name: 'traces',
      labels: XCODE,
      steps: [{ run: LOOK_FOR_LITTER }, { run: 'sleep 2' }],
      expect: 'success',
    },
    {
      name: 'archive',
      labels: XCODE,
      steps: [{ run: 'sleep 1' }, { run: 'echo always', if: 'always()' }],
      expect: 'success',
    },
    { name: 'lint', labels: SIMULATOR, steps: [{ run: 'echo linting' }], expect: 'success' },
  ],
};
