import { constants } from 'node:os';
import { FAILURE_CODES } from '../errors.ts';

/** Returns the value as it may appear in the log; undefined where it may not appear. */
type FieldRule = (value: unknown) => string | number | boolean | null | undefined;

const allowNumber: FieldRule = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const allowFlag: FieldRule = (value) => (typeof value === 'boolean' ? value : undefined);

/** Allows the words of a closed list; anything else becomes `other`, so that no free text can pass for a code. */
function allowOneOf(words: Iterable<string>): FieldRule {
  const allowed = new Set(words);
  return (value) => (value === null ? null : allowed.has(String(value)) ? String(value) : 'other');
}

/** Allows names from the configuration or the library (sites, clients, studies), which are never from a payload. */
const allowConfiguredName: FieldRule = (value) =>
  value === null ? null : typeof value === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(value) ? value : 'other';

const ROUTE_SEGMENTS = new Set([
  '',
  'fhir',
  'auth',
  'token',
  '.well-known',
  'metadata',
  '$ingest',
  'health',
  'ready',
  ':type',
  ':id',
  'none',
  'auth',
  'sign-in',
  'signed-in',
  'session',
  'sign-out',
  'back-channel-logout',
  'api',
  'work-items',
  'accept',
  'reject',
  'criteria',
  ':set',
  'sign-off',
  'decisions',
]);

/** Allows a route of the table, such as `/fhir/:type/:id`: the pattern, never the URL of the request. */
const allowRoute: FieldRule = (value) =>
  typeof value === 'string' && value.split('/').every((segment) => ROUTE_SEGMENTS.has(segment))
    ? value
    : 'other';

/** Result codes of SQLite as its driver throws them, such as SQLITE_FULL. */
const SQLITE_CODE = /^SQLITE_[A-Z]+(?:_[A-Z]+){0,3}$/;

const allowKnownCode = allowOneOf([...FAILURE_CODES, ...Object.keys(constants.errno), 'internal']);

/** Allows the code of a Failure, of the operating system (EIO) or of SQLite, or `internal`. */
const allowErrorCode: FieldRule = (value) =>
  typeof value === 'string' && SQLITE_CODE.test(value) ? value : allowKnownCode(value);

/** Allows a keyed hash, as event-log.ts creates it. */
const allowHash: FieldRule = (value) =>
  typeof value === 'string' && /^[0-9a-f]{16}$/.test(value) ? value : undefined;

/**
 * The ids of requests that are taken over from senders: a UUID, 32 hexadecimal digits (as of a trace) or a ULID. An id appears
 * in the log, so it must not be able to carry a name or a number of a patient.
 */
export const REQUEST_ID_PATTERN =
  /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9A-HJKMNP-TV-Z]{26})$/i;

const allowRequestId: FieldRule = (value) =>
  typeof value === 'string' && REQUEST_ID_PATTERN.test(value) ? value : undefined;

const LOGGED_RESOURCE_TYPES =
  'Observation MedicationAdministration Procedure AdverseEvent Condition Patient ResearchSubject Medication ' +
  'BiologicallyDerivedProduct DiagnosticReport Provenance DetectedIssue ServiceRequest';

const HTTP_METHODS = 'GET HEAD POST PUT DELETE PATCH OPTIONS TRACE';

const DOORS = 'rest batch transaction collection ndjson cli';

/** Names of the Error classes of the language, of libraries and of the adapter; never a message. */
const ERROR_NAMES =
  'Error TypeError RangeError SyntaxError ReferenceError Failure SqliteError ZodError AggregateError';

/** Why a request was not let in: of bearer tokens and certificates, of assertions, of token requests. */
const AUTHENTICATION_REASONS =
  'none several not-bearer not-valid expired wrong-certificate unknown-client not-canonical algorithm type issuer audience ' +
  'lifetime no-jti not-a-client keys-unavailable replayed invalid_request invalid_client invalid_scope unsupported_grant_type';

const DISPOSITIONS = 'mapped held ignored dropped unchanged invalid withdrawn';

/** Every field that may appear in the log, with the rule for its value. Other fields are not logged. */
const FIELD_RULES: ReadonlyMap<string, FieldRule> = new Map([
  ['site', allowConfiguredName],
  ['client', allowConfiguredName],
  ['study', allowConfiguredName],
  ['door', allowOneOf(DOORS.split(' '))],
  ['resourceType', allowOneOf(LOGGED_RESOURCE_TYPES.split(' '))],
  ['resource', allowHash],
  ['subject', allowHash],
  ['disposition', allowOneOf(DISPOSITIONS.split(' '))],
  ['reason', allowOneOf(AUTHENTICATION_REASONS.split(' '))],
  ['method', allowOneOf(HTTP_METHODS.split(' '))],
  ['error', allowOneOf(ERROR_NAMES.split(' '))],
  ['route', allowRoute],
  ['code', allowErrorCode],
  ['requestId', allowRequestId],
  ['status', allowNumber],
  ['ms', allowNumber],
  ['facts', allowNumber],
  ['entries', allowNumber],
  ['requests', allowNumber],
  ['changed', allowNumber],
  ['dead', allowFlag],
]);

/** Selects the fields of an event that may be logged. */
export function selectLoggableFields(event: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event)) {
    const allowed = FIELD_RULES.get(name)?.(value);
    if (allowed !== undefined) fields[name] = allowed;
  }
  return fields;
}
