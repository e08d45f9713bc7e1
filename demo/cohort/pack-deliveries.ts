import type { Dialect } from './dialect.ts';
import type { CohortResource, HospitalDelivery } from './fhir-elements.ts';
import type { ChartEntry } from './patient-chart.ts';
import { hashToUuid, type Random } from './seeded-random.ts';

const LINES_PER_FILE = 150;

/**
 * Packs entries into the requests that the hospital sends, in the order of events. Every transaction contains the
 * Patient of its subject, which `findPatient` returns.
 */
export function packEntries(
  dialect: Dialect,
  entries: readonly ChartEntry[],
  findPatient: (subject: string) => ChartEntry | undefined,
): readonly HospitalDelivery[] {
  switch (dialect.packing) {
    case 'resources':
      return entries.map((entry) => buildPut(entry.resource));
    case 'batches':
      return groupByEncounter(entries).map((group) => buildBundleDelivery('batch', group.map(toBatchEntry)));
    case 'transactions':
      return groupByEncounter(entries).map((group) =>
        buildBundleDelivery('transaction', linkByUrn(prependPatient(group, findPatient))),
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
  findPatient: (subject: string) => ChartEntry | undefined,
): readonly ChartEntry[] {
  const hasPatient = group.some(({ resource }) => resource.resourceType === 'Patient');
  const patient = findPatient(group[0]?.subject ?? '');
  return hasPatient || !patient ? group : [patient, ...group];
}

/** Builds transaction entries that refer to the patient and to each other by `urn:uuid`, as interface engines do. */
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

/** Groups entries by subject and day. Two versions of one record are never in the same group. */
function groupByEncounter(entries: readonly ChartEntry[]): readonly (readonly ChartEntry[])[] {
  const groups: ChartEntry[][] = [];
  const groupByKey = new Map<string, ChartEntry[]>();
  for (const entry of entries) {
    const key = `${entry.subject} ${Math.floor(entry.sentAtMs / 86_400_000)}`;
    const group = groupByKey.get(key);
    if (group?.every((other) => formatPath(other.resource) !== formatPath(entry.resource))) group.push(entry);
    else {
      const newGroup = [entry];
      groupByKey.set(key, newGroup);
      groups.push(newGroup);
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

/**
 * Repeats some deliveries and delays others, as interface engines do. The first `fixedCount` deliveries keep their
 * place.
 */
export function disturbOrder(
  deliveries: readonly HospitalDelivery[],
  fixedCount: number,
  random: Random,
): readonly HospitalDelivery[] {
  const placed = deliveries.flatMap((delivery, i) => {
    if (i < fixedCount) return [{ delivery, place: i }];
    const place = i + (random.chance(LATE_PROBABILITY) ? random.between(3, 40) : 0);
    const again = random.chance(REPEAT_PROBABILITY)
      ? [{ delivery, place: place + random.between(1, 12) }]
      : [];
    return [{ delivery, place }, ...again];
  });
  return placed.sort((a, b) => a.place - b.place).map(({ delivery }) => delivery);
}
