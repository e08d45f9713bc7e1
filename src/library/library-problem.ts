/** A problem in a file of the library: the file, the place in it, the message, and the fix. */
export interface LibraryProblem {
  readonly file: string;
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

export type ReportProblem = (problem: LibraryProblem) => void;
