/** What the judge remembers of each VM: its registrations, credentials, jobs. */

interface VmLife {
  registrations: number;
  credentials: number;
  jobsGiven: number;
  stepsBegun: number;
  isAllowed: boolean;
  /** The job whose steps run now. */
  job: string | null;
  /** The job that its runner has taken, while its gate has not let it in. */
  atGate: { readonly job: string; readonly sinceMs: number } | null;
}

export class VmLives {
  readonly #lives = new Map<string, VmLife>();

  cloned(name: string): void {
    this.#lives.set(name, this.#fresh());
  }

  /** Answers how many there are at once. */
  registered(name: string): number {
    const life = this.#of(name);
    life.registrations += 1;
    return life.registrations;
  }

  unregistered(name: string): void {
    this.#of(name).registrations -= 1;
  }

  jobStarted(name: string): number {
    const life = this.#of(name);
    life.jobsGiven += 1;
    return life.jobsGiven;
  }

  hadJob(name: string): boolean {
    return this.#of(name).jobsGiven > 0;
  }

  credentialGiven(name: string): number {
    const life = this.#of(name);
    life.credentials += 1;
    return life.credentials;
  }

  judged(name: string, isAllowed: boolean): void {
    this.#of(name).isAllowed = isAllowed;
  }

  isAllowed(name: string): boolean {
    return this.#of(name).isAllowed;
  }

  stepsBegan(name: string, job: string): number {
    const life = this.#of(name);
    life.job = job;
    life.atGate = null;
    life.stepsBegun += 1;
    return life.stepsBegun;
  }

  jobTaken(name: string, job: string, atMs: number): void {
    this.#of(name).atGate = { job, sinceMs: atMs };
  }

  keptOut(name: string): void {
    this.#of(name).atGate = null;
  }

  atGate(name: string): VmLife['atGate'] {
    return this.#lives.get(name)?.atGate ?? null;
  }

  stepsEnded(name: string): void {
    this.#of(name).job = null;
  }

  jobOn(name: string): string | null {
    return this.#lives.get(name)?.job ?? null;
  }

  #of(name: string): VmLife {
    const known = this.#lives.get(name);
    if (known) return known;
    const life = this.#fresh();
    this.#lives.set(name, life);
    return life;
  }

  #fresh(): VmLife {
    return {
      registrations: 0,
      credentials: 0,
      jobsGiven: 0,
      stepsBegun: 0,
      isAllowed: false,
      job: null,
      atGate: null,
    };
  }
}
