/** What each measurement is told. */
export interface Scope {
  /** Fewer and shorter measurements: to see that it works, not to compare. */
  readonly isQuick: boolean;
  /** Says on standard error how far it is. */
  readonly say: (progress: string) => void;
}
