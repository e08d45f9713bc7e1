/** What is wrong in a file of the library: the file and the place in it, what, and what to do. */
export interface LibraryProblem {
  readonly file: string;
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

export type ReportProblem = (problem: LibraryProblem) => void;
