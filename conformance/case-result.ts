/** The result of one case of a public suite. */
export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  /** Why the case failed, or what is noteworthy about it; null where there is nothing to report. */
  readonly note: string | null;
  /** The case is on the list of known misses: it is expected to fail, and a pass is reported. */
  readonly knownMiss: boolean;
}

/** A public suite or set of samples, and the function that runs it. */
export interface ConformanceSuite {
  readonly name: string;
  /** Below the shared folder. A suite whose folder is absent is skipped with a notice. */
  readonly folder: string;
  run(folder: string): Promise<readonly CaseResult[]>;
}
