import type { Entry } from './bedside.ts';
import type { Dialect } from './dialect.ts';
import { type Random, uuidOf } from './random.ts';
import type { Delivery, Resource } from './wire.ts';

const LINES = 150;

/**
 * What the hospital puts on the wire, in its own packing, in the order of events. Every transaction carries its patient
 * along, as `patientOf` the subject gives him.
 */
export function pack(
  dialect: Dialect,
  entries: readonly Entry[],
  patientOf: (subject: string) => Entry | undefined,
): readonly Delivery[] {
  switch (dialect.packing) {
    case 'resources':
      return entries.map((entry) => putOf(entry.resource));
    case 'batches':
      return encounters(entries).map((group) => bundleOf('batch', group.map(withRequest)));
    case 'transactions':
      return encounters(entries).map((group) =>
        bundleOf('transaction', linked(withPatient(group, patientOf))),
      );
    case 'ndjson':
      return chunks(entries, LINES).map((group) => ({
        kind: 'ndjson',
        method: 'POST',
        path: '$ingest',
        body: group.map((entry) => entry.resource),
      }));
  }
}

export function putOf(resource: Resource): Delivery {
  return { kind: 'resource', method: 'PUT', path: pathOf(resource), body: resource };
}

function pathOf(resource: Resource): string {
  return `${resource.resourceType}/${resource.id}`;
}

function bundleOf(type: 'batch' | 'transaction', entry: readonly unknown[]): Delivery {
  return { kind: 'bundle', method: 'POST', path: '', body: { resourceType: 'Bundle', type, entry } };
}

function withRequest({ resource }: Entry): unknown {
  return { resource, request: { method: 'PUT', url: pathOf(resource) } };
}

function withPatient(
  group: readonly Entry[],
  patientOf: (subject: string) => Entry | undefined,
): readonly Entry[] {
  const has = group.some((entry) => entry.resource.resourceType === 'Patient');
  const patient = patientOf(group[0]?.subject ?? '');
  return has || !patient ? group : [patient, ...group];
}

/** Entries of a transaction point at the patient and at each other by `urn:uuid`, as interface engines do. */
function linked(group: readonly Entry[]): readonly unknown[] {
  const urns = new Map(
    group.map(({ resource }) => [pathOf(resource), `urn:uuid:${uuidOf(pathOf(resource))}`]),
  );
  return group.map(({ resource }) => ({
    fullUrl: urns.get(pathOf(resource)),
    resource: replaceReferences(resource, urns),
    request: { method: 'PUT', url: pathOf(resource) },
  }));
}

function replaceReferences(resource: Resource, urns: ReadonlyMap<string, string>): Resource {
  const replaced = Object.entries(resource).map(([name, value]) => [name, replaceReference(value, urns)]);
  return Object.fromEntries(replaced) as Resource;
}

function replaceReference(value: unknown, urns: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null || !('reference' in value)) return value;
  const urn = typeof value.reference === 'string' ? urns.get(value.reference) : undefined;
  return urn ? { ...value, reference: urn } : value;
}

/** What belongs to one subject and one day, in one piece; two versions of one record never are. */
function encounters(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const groups: Entry[][] = [];
  const open = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = `${entry.subject} ${Math.floor(entry.at / 86_400_000)}`;
    const group = open.get(key);
    if (group?.every((other) => pathOf(other.resource) !== pathOf(entry.resource))) group.push(entry);
    else {
      const fresh = [entry];
      open.set(key, fresh);
      groups.push(fresh);
    }
  }
  return groups;
}

function chunks<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}

const REPEATED = 0.03;
const LATE = 0.04;

/** Interface engines send some things twice and some things late. The first `fixed` deliveries keep their place. */
export function disturb(deliveries: readonly Delivery[], fixed: number, random: Random): readonly Delivery[] {
  const placed = deliveries.flatMap((delivery, i) => {
    if (i < fixed) return [{ delivery, place: i }];
    const place = i + (random.chance(LATE) ? random.between(3, 40) : 0);
    const again = random.chance(REPEATED) ? [{ delivery, place: place + random.between(1, 12) }] : [];
    return [{ delivery, place }, ...again];
  });
  return placed.sort((a, b) => a.place - b.place).map(({ delivery }) => delivery);
}
