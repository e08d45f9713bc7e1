/** How a bar is run. */
export interface BarContext {
  /** The part of the bar's number that is run: 1 is the whole, 0.1 a tenth. */
  readonly share: number;
  /** Determines every random choice, so that a failure can be repeated. */
  readonly seed: number;
  /** Folder of public suites and corpora that are not part of this repository; may be absent. */
  readonly sharedFolder: string;
}

/** What a bar has found. */
export interface BarResult {
  /** What was done and counted, such as `{ kills: 100, answers: 5210, lost: 0 }`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Every breach of the promise, with what is needed to repeat it. Empty where the bar is held. */
  readonly breaches: readonly string[];
  /** What the control found: the same check with the protection taken away. It must have found something. */
  readonly control: { readonly name: string; readonly found: number };
  /** Parts that this machine cannot run, each with its reason. */
  readonly notRun?: readonly string[];
}

/** The reason for which a machine cannot run a bar. */
export interface NotRun {
  readonly notRun: string;
}

/** One promise, tried at a scale that a test suite has no time for. */
export interface Bar {
  /** The id of the promise: R1 to R11 reliability, S1 to S6 security, P1 to P3 privacy, C1 the build. */
  readonly id: string;
  readonly name: string;
  run(context: BarContext): Promise<BarResult | NotRun>;
}
