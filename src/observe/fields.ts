/** A value as it may stand in the log; undefined where it may not. */
type Rule = (value: unknown) => string | number | boolean | null | undefined;

const number: Rule = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
const flag: Rule = (value) => (typeof value === 'boolean' ? value : undefined);

/** A word out of a closed list; anything else is `other`, so that no free text can pass for a code. */
function oneOf(words: readonly string[]): Rule {
  const known = new Set(words);
  return (value) => (value === null ? null : known.has(String(value)) ? String(value) : 'other');
}

/** Names that come from the configuration or the library (sites, clients, studies), never from a payload. */
const configured: Rule = (value) =>
  value === null ? null : typeof value === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(value) ? value : 'other';

const SEGMENTS = new Set(['', 'fhir', 'metadata', '$ingest', 'health', 'ready', ':type', ':id', 'none']);

/** A route of the table, such as `/fhir/:type/:id`: the pattern, never the address that was called. */
const route: Rule = (value) =>
  typeof value === 'string' && value.split('/').every((segment) => SEGMENTS.has(segment)) ? value : 'other';

/** `folder/what` of a Failure, or `internal`. */
const code: Rule = (value) => {
  if (value === null || value === 'internal') return value;
  const known = /^(?:http|fhir|intake|library|config|store|writeback|cli)\/[a-z-]{1,30}$/;
  return known.test(String(value)) ? String(value) : 'other';
};

/** A keyed hash, made by events.ts. */
const hash: Rule = (value) => (typeof value === 'string' && /^[0-9a-f]{16}$/.test(value) ? value : undefined);

const TYPES =
  'Observation MedicationAdministration Procedure AdverseEvent Condition Patient ResearchSubject Medication ' +
  'BiologicallyDerivedProduct DiagnosticReport Provenance DetectedIssue ServiceRequest';

const REASONS =
  'unmapped-code unmapped-unit unit-property-conflict implausible-value unknown-patient ambiguous-patient ' +
  'missing-weight dose-out-of-range version-conflict version-not-kept unparseable-value';

const METHODS = 'GET HEAD POST PUT DELETE PATCH OPTIONS TRACE';

const DOORS = 'rest batch transaction collection ndjson cli';

/** The name of an Error class of the language or of ours, never its message. */
const ERRORS =
  'Error TypeError RangeError SyntaxError ReferenceError Failure SqliteError ZodError AggregateError';

const DISPOSITIONS = 'mapped held ignored dropped unchanged invalid withdrawn';

/** Every field that can stand in the log, and what it may hold. What is not here is not logged. */
const FIELDS: ReadonlyMap<string, Rule> = new Map([
  ['site', configured],
  ['client', configured],
  ['study', configured],
  ['door', oneOf(DOORS.split(' '))],
  ['resourceType', oneOf(TYPES.split(' '))],
  ['resource', hash],
  ['subject', hash],
  ['disposition', oneOf(DISPOSITIONS.split(' '))],
  ['reason', oneOf(REASONS.split(' '))],
  ['method', oneOf(METHODS.split(' '))],
  ['error', oneOf(ERRORS.split(' '))],
  ['route', route],
  ['code', code],
  ['status', number],
  ['ms', number],
  ['facts', number],
  ['entries', number],
  ['assessments', number],
  ['changed', number],
  ['dead', flag],
]);

/** The event with only what may be logged of it. */
export function loggable(event: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event)) {
    const allowed = FIELDS.get(name)?.(value);
    if (allowed !== undefined) fields[name] = allowed;
  }
  return fields;
}
