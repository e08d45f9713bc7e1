import type { Dialect } from './dialect.ts';
import type { CohortResource, HospitalDelivery } from './fhir-elements.ts';
import type { ChartEntry } from './patient-chart.ts';
import { hashToUuid, type Random } from './seeded-random.ts';

const LINES_PER_FILE = 150;

/**
 * What the hospital puts on the wire, in its own packing, in the order of events. Every transaction carries its patient
 * along, as `patientOf` the subject gives him.
 */
export function packEntries(
  dialect: Dialect,
  entries: readonly ChartEntry[],
  patientOf: (subject: string) => ChartEntry | undefined,
): readonly HospitalDelivery[] {
  switch (dialect.packing) {
    case 'resources':
      return entries.map((entry) => buildPut(entry.resource));
    case 'batches':
      return groupByEncounter(entries).map((group) => buildBundleDelivery('batch', group.map(toBatchEntry)));
    case 'transactions':
      return groupByEncounter(entries).map((group) =>
        buildBundleDelivery('transaction', linkByUrn(prependPatient(group, patientOf))),
      );
    case 'ndjson':
      return splitIntoChunks(entries, LINES_PER_FILE).map((group) => ({
        kind: 'ndjson',
        method: 'POST',
        path: '$ingest',
        body: group.map((entry) => entry.resource),
      }));
  }
}

export function buildPut(resource: CohortResource): HospitalDelivery {
  return { kind: 'resource', method: 'PUT', path: formatPath(resource), body: resource };
}

function formatPath(resource: CohortResource): string {
  return `${resource.resourceType}/${resource.id}`;
}

function buildBundleDelivery(type: 'batch' | 'transaction', entry: readonly unknown[]): HospitalDelivery {
  return { kind: 'bundle', method: 'POST', path: '', body: { resourceType: 'Bundle', type, entry } };
}

function toBatchEntry({ resource }: ChartEntry): unknown {
  return { resource, request: { method: 'PUT', url: formatPath(resource) } };
}

function prependPatient(
  group: readonly ChartEntry[],
  patientOf: (subject: string) => ChartEntry | undefined,
): readonly ChartEntry[] {
  const has = group.some((entry) => entry.resource.resourceType === 'Patient');
  const patient = patientOf(group[0]?.subject ?? '');
  return has || !patient ? group : [patient, ...group];
}

/** Entries of a transaction point at the patient and at each other by `urn:uuid`, as interface engines do. */
function linkByUrn(group: readonly ChartEntry[]): readonly unknown[] {
  const urns = new Map(
    group.map(({ resource }) => [formatPath(resource), `urn:uuid:${hashToUuid(formatPath(resource))}`]),
  );
  return group.map(({ resource }) => ({
    fullUrl: urns.get(formatPath(resource)),
    resource: replaceReferences(resource, urns),
    request: { method: 'PUT', url: formatPath(resource) },
  }));
}

function replaceReferences(resource: CohortResource, urns: ReadonlyMap<string, string>): CohortResource {
  const replaced = Object.entries(resource).map(([name, value]) => [name, replaceReference(value, urns)]);
  return Object.fromEntries(replaced) as CohortResource;
}

function replaceReference(value: unknown, urns: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null || !('reference' in value)) return value;
  const urn = typeof value.reference === 'string' ? urns.get(value.reference) : undefined;
  return urn ? { ...value, reference: urn } : value;
}

/** What belongs to one subject and one day, in one piece; two versions of one record never are. */
function groupByEncounter(entries: readonly ChartEntry[]): readonly (readonly ChartEntry[])[] {
  const groups: ChartEntry[][] = [];
  const open = new Map<string, ChartEntry[]>();
  for (const entry of entries) {
    const key = `${entry.subject} ${Math.floor(entry.sentAtMs / 86_400_000)}`;
    const group = open.get(key);
    if (group?.every((other) => formatPath(other.resource) !== formatPath(entry.resource))) group.push(entry);
    else {
      const fresh = [entry];
      open.set(key, fresh);
      groups.push(fresh);
    }
  }
  return groups;
}

function splitIntoChunks<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}

const REPEAT_PROBABILITY = 0.03;
const LATE_PROBABILITY = 0.04;

/** Interface engines send some things twice and some things late. The first `fixed` deliveries keep their place. */
export function disturbOrder(
  deliveries: readonly HospitalDelivery[],
  fixed: number,
  random: Random,
): readonly HospitalDelivery[] {
  const placed = deliveries.flatMap((delivery, i) => {
    if (i < fixed) return [{ delivery, place: i }];
    const place = i + (random.chance(LATE_PROBABILITY) ? random.between(3, 40) : 0);
    const again = random.chance(REPEAT_PROBABILITY)
      ? [{ delivery, place: place + random.between(1, 12) }]
      : [];
    return [{ delivery, place }, ...again];
  });
  return placed.sort((a, b) => a.place - b.place).map(({ delivery }) => delivery);
}
