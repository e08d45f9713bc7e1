/** What the caller may do next: `refuse` it is wrong and stays wrong, `review` a person decides, `retry` later may work. */
type Recovery = 'refuse' | 'review' | 'retry';

interface FailureResponse {
  readonly http: number;
  /** FHIR IssueType code. */
  readonly issue: string;
  readonly recovery: Recovery;
}

/** Every failure that a caller can meet, and what it means to him. */
const FAILURE_RESPONSES = {
  'http/unauthenticated': { http: 401, issue: 'login', recovery: 'refuse' },
  'http/forbidden': { http: 403, issue: 'forbidden', recovery: 'refuse' },
  'http/not-found': { http: 404, issue: 'not-found', recovery: 'refuse' },
  'http/method-not-allowed': { http: 405, issue: 'not-supported', recovery: 'refuse' },
  'http/too-large': { http: 413, issue: 'too-long', recovery: 'refuse' },
  'http/media-type': { http: 415, issue: 'not-supported', recovery: 'refuse' },
  'http/unavailable': { http: 503, issue: 'transient', recovery: 'retry' },
  'fhir/malformed': { http: 400, issue: 'structure', recovery: 'refuse' },
  'fhir/invalid': { http: 422, issue: 'value', recovery: 'refuse' },
  'intake/not-admitted': { http: 403, issue: 'forbidden', recovery: 'refuse' },
  'intake/version-conflict': { http: 409, issue: 'conflict', recovery: 'review' },
  'intake/precondition': { http: 412, issue: 'conflict', recovery: 'refuse' },
  'intake/unknown-resource': { http: 404, issue: 'not-found', recovery: 'refuse' },
  'intake/enrolment': { http: 422, issue: 'business-rule', recovery: 'refuse' },
  'library/invalid': { http: 500, issue: 'exception', recovery: 'review' },
  'config/invalid': { http: 500, issue: 'exception', recovery: 'refuse' },
  'store/busy': { http: 503, issue: 'transient', recovery: 'retry' },
  'store/unusable': { http: 503, issue: 'no-store', recovery: 'retry' },
  'writeback/refused': { http: 502, issue: 'processing', recovery: 'review' },
  'writeback/unreachable': { http: 502, issue: 'transient', recovery: 'retry' },
  'exports/incomplete': { http: 422, issue: 'required', recovery: 'review' },
  'exports/inconsistent': { http: 422, issue: 'business-rule', recovery: 'review' },
  'exports/identity': { http: 409, issue: 'business-rule', recovery: 'refuse' },
  'cli/usage': { http: 400, issue: 'invalid', recovery: 'refuse' },
  'cli/failed': { http: 500, issue: 'processing', recovery: 'refuse' },
} as const satisfies Record<string, FailureResponse>;

export type FailureCode = keyof typeof FAILURE_RESPONSES;

/** Every code, for whatever lists or filters codes: the log, the CodeSystem of outcomes. */
export const FAILURE_CODES = Object.keys(FAILURE_RESPONSES) as readonly FailureCode[];

interface FailureDetails {
  /** The element (FHIRPath), file or option that is wrong. */
  readonly at?: string;
  /** The rule it breaks. */
  readonly spec?: string;
  /** What to do about it. */
  readonly fix?: string;
}

/**
 * A broken expectation that someone outside can act on. Its text never carries values from a payload, so it may be
 * logged and sent. Bad data inside an accepted delivery is a value, not a Failure; our own mistakes are plain Errors.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly at: string | undefined;
  readonly spec: string | undefined;
  readonly fix: string | undefined;

  constructor(code: FailureCode, message: string, place: FailureDetails = {}, options: ErrorOptions = {}) {
    super(message, options);
    this.name = 'Failure';
    this.code = code;
    this.at = place.at;
    this.spec = place.spec;
    this.fix = place.fix;
  }

  get meaning(): FailureResponse {
    return FAILURE_RESPONSES[this.code];
  }

  /** One line for a terminal: what, where, how to fix. */
  get line(): string {
    const at = this.at ? ` at ${this.at}` : '';
    const fix = this.fix ? `. Fix: ${this.fix}` : '';
    return `${this.message.replace(/\.$/, '')}${at}${fix}`;
  }
}
