/** A value as it may stand in the log; undefined where it may not. */
type FieldRule = (value: unknown) => string | number | boolean | null | undefined;

const allowNumber: FieldRule = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const allowFlag: FieldRule = (value) => (typeof value === 'boolean' ? value : undefined);

/** A word out of a closed list; anything else is `other`, so that no free text can pass for a code. */
function allowOneOf(words: readonly string[]): FieldRule {
  const known = new Set(words);
  return (value) => (value === null ? null : known.has(String(value)) ? String(value) : 'other');
}

/** Names that come from the configuration or the library (sites, clients, studies), never from a payload. */
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
]);

/** A route of the table, such as `/fhir/:type/:id`: the pattern, never the address that was called. */
const allowRoute: FieldRule = (value) =>
  typeof value === 'string' && value.split('/').every((segment) => ROUTE_SEGMENTS.has(segment))
    ? value
    : 'other';

/** `folder/what` of a Failure, or `internal`. */
const allowFailureCode: FieldRule = (value) => {
  if (value === null || value === 'internal') return value;
  const known = /^(?:http|fhir|intake|library|config|store|writeback|cli)\/[a-z-]{1,30}$/;
  return known.test(String(value)) ? String(value) : 'other';
};

/** A keyed hash, made by events.ts. */
const allowHash: FieldRule = (value) =>
  typeof value === 'string' && /^[0-9a-f]{16}$/.test(value) ? value : undefined;

const LOGGED_RESOURCE_TYPES =
  'Observation MedicationAdministration Procedure AdverseEvent Condition Patient ResearchSubject Medication ' +
  'BiologicallyDerivedProduct DiagnosticReport Provenance DetectedIssue ServiceRequest';

const WORK_REASONS =
  'unmapped-code unmapped-unit unit-property-conflict implausible-value unknown-patient ambiguous-patient ' +
  'missing-weight dose-out-of-range version-conflict version-not-kept unparseable-value';

const HTTP_METHODS = 'GET HEAD POST PUT DELETE PATCH OPTIONS TRACE';

const DOORS = 'rest batch transaction collection ndjson cli';

/** The name of an Error class of the language or of ours, never its message. */
const ERROR_NAMES =
  'Error TypeError RangeError SyntaxError ReferenceError Failure SqliteError ZodError AggregateError';

const DISPOSITIONS = 'mapped held ignored dropped unchanged invalid withdrawn';

/** Every field that can stand in the log, and what it may hold. What is not here is not logged. */
const FIELD_RULES: ReadonlyMap<string, FieldRule> = new Map([
  ['site', allowConfiguredName],
  ['client', allowConfiguredName],
  ['study', allowConfiguredName],
  ['door', allowOneOf(DOORS.split(' '))],
  ['resourceType', allowOneOf(LOGGED_RESOURCE_TYPES.split(' '))],
  ['resource', allowHash],
  ['subject', allowHash],
  ['disposition', allowOneOf(DISPOSITIONS.split(' '))],
  ['reason', allowOneOf(WORK_REASONS.split(' '))],
  ['method', allowOneOf(HTTP_METHODS.split(' '))],
  ['error', allowOneOf(ERROR_NAMES.split(' '))],
  ['route', allowRoute],
  ['code', allowFailureCode],
  ['status', allowNumber],
  ['ms', allowNumber],
  ['facts', allowNumber],
  ['entries', allowNumber],
  ['assessments', allowNumber],
  ['changed', allowNumber],
  ['dead', allowFlag],
]);

/** The event with only what may be logged of it. */
export function selectLoggableFields(event: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event)) {
    const allowed = FIELD_RULES.get(name)?.(value);
    if (allowed !== undefined) fields[name] = allowed;
  }
  return fields;
}
