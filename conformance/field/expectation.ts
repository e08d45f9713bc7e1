/** A case and its input are in the shared folder; what is right about it is in `expected.json`, read by these types. */
export interface FieldExpectation {
  /** Name of the input without `.json`. */
  readonly case: string;
  /** `http`: each resource or Bundle is posted; `$ingest`: one NDJSON body; `ingest`: a file for the command. */
  readonly door: 'http' | '$ingest' | 'ingest';
  /** The list of resources becomes NDJSON, and the file begins with EF BB BF; by default the file is sent as it is. */
  readonly as?: 'ndjson with a byte order mark';
  readonly answers?: readonly ExpectedAnswer[];
  /** Units that, where they are held, must be shown as sent; a person then accepts them with this target. */
  readonly accept?: readonly { readonly shown: string; readonly target: string }[];
  /** Targets that must not be suggested for a held unit. */
  readonly notSuggested?: readonly { readonly shown: string; readonly targets: readonly string[] }[];
  /** The outcomes that are right; one of them must be found. */
  readonly expect: readonly ExpectedOutcome[];
}

/** What one answer must say. `entry` counts all resources of the input from 0, entries of Bundles included. */
export interface ExpectedAnswer {
  readonly entry: number;
  readonly status?: number;
  /** One of these codes is among the answer's details. */
  readonly outcome?: readonly string[];
  readonly outcomeIsNot?: string;
  /** An expression of the answer begins with one of these. */
  readonly element?: readonly string[];
  /** The diagnostics contain it. */
  readonly text?: string;
}

/** Rows are written as `SUBJECT analyte value day`; labs end in ` derived` where no laboratory reported the value. */
export interface ExpectedOutcome {
  /** Exactly these rows. */
  readonly labs?: readonly string[];
  readonly labsHave?: readonly string[];
  readonly labsLack?: readonly string[];
  readonly transfusions?: readonly string[];
  readonly events?: readonly string[];
  /** Overall classes, as `SUBJECT visit class`. */
  readonly classes?: readonly string[];
  /**
   * The open work items, as `reason element count`. Alternatives are separated by `|`, `*` is any reason, an element is
   * the beginning of one, and the count is the number of waiting resources. No other item may be open, except with a reason in `mayAsk`.
   */
  readonly work?: readonly string[];
  readonly workItems?: number;
  /** Further reasons that may be open. */
  readonly mayAsk?: readonly string[];
  /** Of `ingest`: exit code, counts of the summary, and a part of what is printed to standard error. */
  readonly exit?: number;
  readonly summary?: Readonly<Record<string, number>>;
  readonly stderr?: string;
}

/** An answer to one resource, as a sender sees it. */
export interface ReceivedAnswer {
  readonly status: number;
  /** Codes in `issue.details`: what became of the resource, or why it waits. */
  readonly outcomes: readonly string[];
  readonly elements: readonly string[];
  readonly text: string;
}

export interface ListedWorkItem {
  readonly id: string;
  readonly site: string;
  readonly reason: string;
  readonly group: string;
  readonly element: string;
  readonly detail: string;
  readonly count: number;
  readonly suggestions: readonly { readonly target: string }[];
}

/** What a stranger sees of a case afterwards. */
export interface FieldFindings {
  readonly answers: readonly ReceivedAnswer[];
  readonly labs: readonly string[];
  readonly transfusions: readonly string[];
  readonly events: readonly string[];
  readonly classes: readonly string[];
  readonly work: readonly ListedWorkItem[];
  /** Work items before a person accepted any. */
  readonly workBefore: readonly ListedWorkItem[];
  readonly command: {
    readonly exit: number | null;
    readonly stderr: string;
    readonly summary: unknown;
  } | null;
}
