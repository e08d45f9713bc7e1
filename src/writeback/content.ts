import { toCanonicalJson } from '../fhir/canonical-json.ts';
import { isWireNumber, readDigits } from '../fhir/lossless-json.ts';
import { isObject, type JsonObject } from '../fhir/resource.ts';
import { getStatusRules } from './amendment.ts';

/** Omits the displays of codes, references and identifiers: they are wording and do not change the content. */
function omitDisplays(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(omitDisplays);
  if (!isObject(value) || isWireNumber(value)) return value;
  const isNamedValue = 'code' in value || 'reference' in value || 'identifier' in value;
  const kept = Object.entries(value).filter(([key]) => !(isNamedValue && key === 'display'));
  return Object.fromEntries(kept.map(([key, inner]) => [key, omitDisplays(inner)]));
}

/**
 * Extracts the content that matters to a clinician, as canonical text. Left out are status and timestamp, the claimed
 * profile, the software's version, the wording of notes and displays (a new release may change it for all subjects at
 * once), and the identifier by which the patient is referred to.
 */
export function extractClinicalContent(resource: JsonObject): string {
  const { timestampElement } = getStatusRules(String(resource.resourceType));
  const excluded = new Set([
    'meta',
    'status',
    'note',
    'device',
    'author',
    'requester',
    'subject',
    'patient',
    timestampElement,
  ]);
  const kept = Object.entries(resource).filter(([key]) => !excluded.has(key));
  return toCanonicalJson(omitDisplays(Object.fromEntries(kept)));
}

const INSTANT_PATTERN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

function isSameText(sent: string, found: string): boolean {
  if (sent === found) return true;
  // Servers rewrite the time zone of an instant (`Z`, `+00:00`).
  return INSTANT_PATTERN.test(sent) && INSTANT_PATTERN.test(found) && Date.parse(sent) === Date.parse(found);
}

/**
 * Whether the resource found in the EHR contains everything that was sent. The EHR may have added elements; the order of
 * elements and of list members does not matter.
 */
export function containsContent(found: unknown, sent: unknown): boolean {
  if (typeof sent === 'string') return typeof found === 'string' && isSameText(sent, found);
  if (readDigits(sent) !== null) return readDigits(sent) === readDigits(found);
  if (Array.isArray(sent)) {
    return (
      Array.isArray(found) && sent.every((member) => found.some((other) => containsContent(other, member)))
    );
  }
  if (isObject(sent)) {
    return (
      isObject(found) && Object.entries(sent).every(([key, value]) => containsContent(found[key], value))
    );
  }
  return sent === found;
}

/** Elements that an EHR may change by itself without changing the content that was sent. */
const SERVER_ELEMENTS = new Set(['id', 'meta', 'text']);

/** Lists to which an EHR may add members of its own: its identifiers, its categories, its extensions. */
const OPEN_LISTS = new Set(['identifier', 'category', 'extension']);

/** Whether a list in the EHR has as many members as the one that was sent; true for anything but lists. */
const hasSameLength = (found: unknown, sent: unknown): boolean =>
  !Array.isArray(sent) || (Array.isArray(found) && found.length === sent.length);

/**
 * Whether the EHR holds the pending content, and nothing more of what the adapter itself has sent before (`earlier`). A
 * result that is no source any more, or an element that the new content does not have, is no addition of the EHR: without this
 * check a content that only takes something back would count as delivered.
 */
export function hasPendingContent(
  found: JsonObject,
  pending: JsonObject,
  earlier: readonly JsonObject[],
): boolean {
  const isWhole = Object.entries(pending).every(
    ([key, value]) =>
      containsContent(found[key], value) && (OPEN_LISTS.has(key) || hasSameLength(found[key], value)),
  );
  const takenBack = earlier
    .flatMap((content) => Object.keys(content))
    .filter((key) => pending[key] === undefined && !SERVER_ELEMENTS.has(key));
  return isWhole && takenBack.every((key) => found[key] === undefined);
}

function omitServerElements(resource: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(resource).filter(([key]) => !SERVER_ELEMENTS.has(key)));
}

/** The elements that refer to the patient. */
const SUBJECT_ELEMENTS = ['subject', 'patient'];

/** Copies the content with a reference to the patient of another resource. */
function withSubjectOf(content: JsonObject, other: JsonObject): JsonObject {
  const entries = Object.entries(content).map(([key, value]) => [
    key,
    SUBJECT_ELEMENTS.includes(key) ? other[key] : value,
  ]);
  return Object.fromEntries(entries);
}

/**
 * Whether the resource found in the EHR is one of the contents that the adapter may have written (`sent`), with nothing
 * added or removed. An EHR that merges two Patients moves its resources to the Patient that remains, so sent content with
 * a reference to the patient of `pending` counts as well.
 */
export function isOwnContent(found: JsonObject, sent: readonly JsonObject[], pending: JsonObject): boolean {
  const current = omitServerElements(found);
  const contents = sent.map(omitServerElements);
  return [...contents, ...contents.map((content) => withSubjectOf(content, pending))].some(
    (content) => containsContent(current, content) && containsContent(content, current),
  );
}
