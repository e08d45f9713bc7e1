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

/** Result codes of SQLite as better-sqlite3 throws them, such as SQLITE_FULL. */
const SQLITE_CODE = /^SQLITE_[A-Z]+(?:_[A-Z]+){0,3}$/;

const allowKnownCode = allowOneOf([...FAILURE_CODES, ...Object.keys(constants.errno), 'internal']);

/** Allows the code of a Failure, of the operating system (EIO) or of SQLite, or `internal`. */
const allowErrorCode: FieldRule = (value) =>
  typeof value === 'string' && SQLITE_CODE.test(value) ? value : allowKnownCode(value);

/** Allows a keyed hash, as event-log.ts creates it. */
const allowHash: FieldRule = (value) =>
  typeof value === 'string' && /^[0-9a-f]{16}$/.test(value) ? value : undefined;

const LOGGED_RESOURCE_TYPES =
  'Observation MedicationAdministration Procedure AdverseEvent Condition Patient ResearchSubject Medication ' +
  'BiologicallyDerivedProduct DiagnosticReport Provenance DetectedIssue ServiceRequest';

const HTTP_METHODS = 'GET HEAD POST PUT DELETE PATCH OPTIONS TRACE';

const DOORS = 'rest batch transaction collection ndjson cli';

/** Names of the Error classes of the language, of libraries and of the adapter; never a message. */
const ERROR_NAMES =
  'Error TypeError RangeError SyntaxError ReferenceError Failure SqliteError ZodError AggregateError';

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
  ['method', allowOneOf(HTTP_METHODS.split(' '))],
  ['error', allowOneOf(ERROR_NAMES.split(' '))],
  ['route', allowRoute],
  ['code', allowErrorCode],
  ['status', allowNumber],
  ['ms', allowNumber],
  ['facts', allowNumber],
  ['entries', allowNumber],
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
