import type { Resource } from '../../fhir/resource.ts';

/** The elements that a result inherits from the report or panel that contains or lists it, if it lacks them. */
const INHERITED_ELEMENTS = ['subject', 'specimen', 'status', 'focus', 'bodySite'];

/** R4 DiagnosticReportStatus codes that have another name in ObservationStatus. */
const OBSERVATION_STATUS_BY_REPORT_STATUS: Readonly<Record<string, string>> = {
  partial: 'preliminary',
  appended: 'amended',
};

/** A container in one of these states also retracts the results that depend on it, regardless of their own status. */
const RETRACTED_STATUSES = new Set(['entered-in-error', 'cancelled']);

/** Whether a report or panel was retracted: its members are then not results. */
export const isRetracted = (container: Resource): boolean =>
  typeof container.status === 'string' && RETRACTED_STATUSES.has(container.status);

const isEffectiveElement = (name: string): boolean => name.startsWith('effective');

/** Whether the resource has an effective[x]. */
export const hasEffectiveTime = (resource: Resource): boolean =>
  Object.keys(resource).some(isEffectiveElement);

/** Returns the only specimen of a report or Observation; undefined if it refers to none or to several. */
export function selectSoleSpecimen(resource: Resource): unknown {
  const { specimen } = resource;
  if (!Array.isArray(specimen)) return specimen;
  return specimen.length === 1 ? specimen[0] : undefined;
}

function readInheritedValue(container: Resource, name: string): unknown {
  const value = name === 'specimen' ? selectSoleSpecimen(container) : container[name];
  return name === 'status' && typeof value === 'string'
    ? (OBSERVATION_STATUS_BY_REPORT_STATUS[value] ?? value)
    : value;
}

/** The elements by which a container says whose and which blood its results are of. */
const MEANING_ELEMENTS = ['specimen', 'focus', 'bodySite'];

/** Whether a report or panel says of its results whose or which blood they are of. */
export const hasMeaningElement = (container: Resource): boolean =>
  MEANING_ELEMENTS.some((name) => readInheritedValue(container, name) !== undefined);

/**
 * Returns the result with specimen (only if the container has exactly one), focus and body site of the container where it lacks
 * them. The argument is not changed.
 */
export function inheritMeaning(result: Resource, container: Resource): Resource {
  const missing = MEANING_ELEMENTS.filter((name) => result[name] === undefined);
  const inherited = missing.map((name) => [name, readInheritedValue(container, name)] as const);
  const stated = inherited.filter(([, value]) => value !== undefined);
  return stated.length > 0 ? { ...result, ...Object.fromEntries(stated) } : result;
}

/**
 * Returns the result as if it had been sent alone: with the subject, specimen (only if the report has exactly one),
 * status, focus, body site and effective[x] of the container where it lacks them. A retracted container always passes on
 * its status. The argument is not changed. Source: FHIR R4 DiagnosticReport.result, Observation.hasMember; domain section 6.
 */
export function inheritFromContainer(result: Resource, container: Resource): Resource {
  const completed: Record<string, unknown> & Resource = { ...result };
  for (const name of INHERITED_ELEMENTS) {
    const inherited = readInheritedValue(container, name);
    if (completed[name] === undefined && inherited !== undefined) completed[name] = inherited;
  }
  if (isRetracted(container)) completed.status = container.status;
  if (hasEffectiveTime(result)) return completed;
  for (const [name, value] of Object.entries(container))
    if (isEffectiveElement(name)) completed[name] = value;
  return completed;
}
