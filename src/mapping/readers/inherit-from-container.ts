import type { Resource } from '../../fhir/resource.ts';

/** What a result takes over from the report or panel that holds or lists it, where it says nothing itself. */
const INHERITED_ELEMENTS = ['subject', 'specimen', 'status'];

/** R4 DiagnosticReportStatus that Observation spells otherwise. */
const OBSERVATION_STATUS_BY_REPORT_STATUS: Readonly<Record<string, string>> = {
  partial: 'preliminary',
  appended: 'amended',
};

/** A container in one of these states takes the results that depend on it with it, whatever they say themselves. */
const RETRACTED_STATUSES = new Set(['entered-in-error', 'cancelled']);

/** Whether a report or panel was taken back: what depends on it is no result. */
export const isRetracted = (container: Resource): boolean =>
  typeof container.status === 'string' && RETRACTED_STATUSES.has(container.status);

/** Whether the resource says when: any effective[x]. */
export const hasEffectiveTime = (resource: Resource): boolean =>
  Object.keys(resource).some((key) => key.startsWith('effective'));

/** The one specimen of a report or Observation; undefined where it names none or several. */
export function selectSoleSpecimen(resource: Resource): unknown {
  const { specimen } = resource;
  if (!Array.isArray(specimen)) return specimen;
  return specimen.length === 1 ? specimen[0] : undefined;
}

function readInheritedValue(parent: Resource, name: string): unknown {
  const value = name === 'specimen' ? selectSoleSpecimen(parent) : parent[name];
  return name === 'status' && typeof value === 'string'
    ? (OBSERVATION_STATUS_BY_REPORT_STATUS[value] ?? value)
    : value;
}

/**
 * The result as it would stand alone: subject, specimen (a report's only if it names one), status and effective[x] of the
 * container where it has none. A container that was entered in error or cancelled gives its status to the result. The
 * result itself is not changed. Source: FHIR R4 DiagnosticReport.result, Observation.hasMember; domain section 6.
 */
export function inheritFromContainer(child: Resource, parent: Resource): Resource {
  const made: Record<string, unknown> & Resource = { ...child };
  for (const name of INHERITED_ELEMENTS) {
    const inherited = readInheritedValue(parent, name);
    if (made[name] === undefined && inherited !== undefined) made[name] = inherited;
  }
  if (isRetracted(parent)) made.status = parent.status;
  if (hasEffectiveTime(child)) return made;
  for (const [key, value] of Object.entries(parent)) if (key.startsWith('effective')) made[key] = value;
  return made;
}
