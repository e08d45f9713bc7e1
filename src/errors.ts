/**
 * How the caller can proceed. `refuse`: the request is wrong and stays wrong. `review`: a person must decide.
 * `retry`: the same request may succeed later.
 */
type Recovery = 'refuse' | 'review' | 'retry';

/** The meaning of a failure in HTTP, in FHIR and for the caller. */
interface FailureResponse {
  /** HTTP status. */
  readonly http: number;
  /** FHIR R4 IssueType code. */
  readonly issue: string;
  readonly recovery: Recovery;
}

const NOT_FOUND = { http: 404, issue: 'not-found', recovery: 'refuse' } as const;
const UNPROCESSABLE = { http: 422, issue: 'business-rule', recovery: 'refuse' } as const;

/**
 * Every failure that a caller can receive, with its meaning. The part before the slash names the subject of the failure. A
 * code is thrown by the folder that owns this subject or by a folder above it, never below (test/ratchets checks this), so
 * a code of the command line cannot become an HTTP answer.
 */
const FAILURE_RESPONSES = {
  'http/unauthenticated': { http: 401, issue: 'login', recovery: 'refuse' },
  'http/forbidden': { http: 403, issue: 'forbidden', recovery: 'refuse' },
  'http/not-found': NOT_FOUND,
  'http/method-not-allowed': { http: 405, issue: 'not-supported', recovery: 'refuse' },
  'http/too-slow': { http: 408, issue: 'timeout', recovery: 'retry' },
  'http/too-many-requests': { http: 429, issue: 'throttled', recovery: 'retry' },
  'http/overloaded': { http: 503, issue: 'transient', recovery: 'retry' },
  'http/stopping': { http: 503, issue: 'transient', recovery: 'retry' },
  'http/too-large': { http: 413, issue: 'too-long', recovery: 'refuse' },
  'http/media-type': { http: 415, issue: 'not-supported', recovery: 'refuse' },
  'auth/keys': { http: 500, issue: 'exception', recovery: 'review' },
  'people/sign-in-refused': { http: 401, issue: 'login', recovery: 'refuse' },
  'people/no-access': { http: 403, issue: 'forbidden', recovery: 'refuse' },
  'people/issuer-unreachable': { http: 503, issue: 'transient', recovery: 'retry' },
  'people/not-signed-in': { http: 401, issue: 'login', recovery: 'refuse' },
  'people/step-up': { http: 401, issue: 'login', recovery: 'refuse' },
  'people/forbidden': { http: 403, issue: 'forbidden', recovery: 'refuse' },
  'people/other-page': { http: 403, issue: 'security', recovery: 'refuse' },
  'people/malformed': { http: 400, issue: 'structure', recovery: 'refuse' },
  'fhir/malformed': { http: 400, issue: 'structure', recovery: 'refuse' },
  'fhir/unknown-type': NOT_FOUND,
  'fhir/not-offered': { http: 405, issue: 'not-supported', recovery: 'refuse' },
  'fhir/too-large': { http: 413, issue: 'too-long', recovery: 'refuse' },
  'fhir/unsupported-version': { http: 415, issue: 'not-supported', recovery: 'refuse' },
  'fhir/invalid': { http: 422, issue: 'value', recovery: 'refuse' },
  'intake/enrolment': UNPROCESSABLE,
  'study/unknown': NOT_FOUND,
  'subject/unknown': NOT_FOUND,
  'subject/not-enrolled': UNPROCESSABLE,
  'query/future-day': { http: 400, issue: 'invalid', recovery: 'refuse' },
  'visit/unknown': NOT_FOUND,
  'adjudication/refused': UNPROCESSABLE,
  'criteria/unknown': NOT_FOUND,
  'criteria/undefined': UNPROCESSABLE,
  'criteria/invalid': { http: 422, issue: 'value', recovery: 'refuse' },
  'erasure/refused': UNPROCESSABLE,
  'decision/forbidden': { http: 403, issue: 'forbidden', recovery: 'refuse' },
  'decision/unsigned': { http: 403, issue: 'forbidden', recovery: 'refuse' },
  'decision/not-shown': { http: 428, issue: 'required', recovery: 'refuse' },
  'decision/stale': { http: 409, issue: 'conflict', recovery: 'review' },
  'work-item/unknown': NOT_FOUND,
  'work-item/undecidable': UNPROCESSABLE,
  'work-item/unclear-target': UNPROCESSABLE,
  'library/invalid': { http: 500, issue: 'exception', recovery: 'review' },
  'library/site-name': UNPROCESSABLE,
  'config/invalid': { http: 500, issue: 'exception', recovery: 'refuse' },
  'store/busy': { http: 503, issue: 'transient', recovery: 'retry' },
  'store/full': { http: 503, issue: 'no-store', recovery: 'retry' },
  'store/unusable': { http: 503, issue: 'no-store', recovery: 'retry' },
  'format/unknown': NOT_FOUND,
  'exports/incomplete': { http: 422, issue: 'required', recovery: 'review' },
  'exports/inconsistent': { http: 422, issue: 'business-rule', recovery: 'review' },
  'exports/text-not-released': { http: 422, issue: 'business-rule', recovery: 'review' },
  'exports/identity': { http: 409, issue: 'business-rule', recovery: 'refuse' },
  'exports/not-comparable': UNPROCESSABLE,
  'backup/invalid': { http: 422, issue: 'conflict', recovery: 'refuse' },
  'audit/malformed': { http: 422, issue: 'structure', recovery: 'refuse' },
  'signing-key/unknown-person': { http: 403, issue: 'forbidden', recovery: 'refuse' },
  'signing-key/unusable': { http: 403, issue: 'security', recovery: 'refuse' },
  'cli/usage': { http: 400, issue: 'invalid', recovery: 'refuse' },
  'cli/failed': { http: 500, issue: 'processing', recovery: 'refuse' },
} as const satisfies Record<string, FailureResponse>;

export type FailureCode = keyof typeof FAILURE_RESPONSES;

/** Every code, for the log and the CodeSystem of outcomes. */
export const FAILURE_CODES = Object.keys(FAILURE_RESPONSES) as readonly FailureCode[];

interface FailureDetails {
  /** The element (FHIRPath), file or configuration key that is wrong. */
  readonly at?: string;
  /**
   * The parameter of the operation that is wrong, such as `asOf`. The command line prints the option of that name instead;
   * no other folder refers to options.
   */
  readonly parameter?: string;
  /** The violated rule, as a citation. */
  readonly spec?: string;
  /** How to fix it. */
  readonly fix?: string;
  /** After how many seconds the same request may succeed, where that is known. */
  readonly retryAfterSeconds?: number;
}

/**
 * An error that a caller or operator can correct. Its text never contains values from a payload, so it may be logged and
 * sent. Invalid data in an accepted delivery are issues, not a Failure; programming errors are plain Errors.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly at: string | undefined;
  readonly parameter: string | undefined;
  readonly spec: string | undefined;
  readonly fix: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: FailureCode, message: string, details: FailureDetails = {}, options: ErrorOptions = {}) {
    super(message, options);
    this.name = 'Failure';
    this.code = code;
    this.at = details.at;
    this.parameter = details.parameter;
    this.spec = details.spec;
    this.fix = details.fix;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  get meaning(): FailureResponse {
    return FAILURE_RESPONSES[this.code];
  }

  /** The failure as one line for a terminal: the problem, the place and the fix. */
  get line(): string {
    return this.formatLine(this.at ?? this.parameter);
  }

  /** Formats the same line with another name of the place, such as the option for a parameter. */
  formatLine(place: string | undefined): string {
    const at = place ? ` at ${place}` : '';
    const fix = this.fix ? `. Fix: ${this.fix}` : '';
    return `${this.message.replace(/\.$/, '')}${at}${fix}`;
  }
}
