/** What became of one case of a public suite. */
export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  /** Why it did not pass, or what is noteworthy; null where there is nothing to say. */
  readonly note: string | null;
  /** The case is on the list of known misses: its failure is expected, its passing is news. */
  readonly knownMiss: boolean;
}

/** A public suite or set of samples, and how it is run. */
export interface ConformanceSuite {
  readonly name: string;
  /** Below the shared folder; where it is absent the suite is skipped with a notice. */
  readonly folder: string;
  run(folder: string): Promise<readonly CaseResult[]>;
}
