import type { Resource } from '../../src/fhir/resource.ts';
import type { Store, StoreTransaction } from '../../src/store/store.ts';
import type { SimulatedEhr } from './simulated-ehr.ts';
import { SIMULATED_SITE, SIMULATED_STUDY } from './simulated-service.ts';

/** The stored versions of each resource, without what depends on when a request was repeated. */
async function listVersions(tx: StoreTransaction): Promise<readonly unknown[]> {
  const keys = new Map<string, { site: string; resourceType: string; id: string }>();
  const all = await tx.inbox.listReceivedBefore(SIMULATED_SITE, '9999-01-01T00:00:00.000Z');
  for (const { site, resourceType, id } of all) keys.set(`${resourceType}/${id}`, { site, resourceType, id });
  const versions = [];
  for (const [, key] of [...keys].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const { receivedAt: _, ...version } of await tx.inbox.listVersions(key)) versions.push(version);
  return versions;
}

/** What each subject has come to. */
async function listSubjects(tx: StoreTransaction): Promise<readonly unknown[]> {
  const subjects = [];
  for (const subject of await tx.subjects.list(SIMULATED_STUDY)) {
    const facts = await tx.facts.listForSubject(subject.study, subject.subject);
    const assessment = await tx.assessments.get(subject.study, subject.subject);
    const items = await tx.workItems.listForSubject(subject);
    const open = items.filter(({ status }) => status === 'open').map(({ id }) => id);
    subjects.push({ subject, facts, assessment, open });
  }
  return subjects;
}

/** The content of a resource in the EHR, without its wording, its timestamps and how often it was written. */
function toContent(resource: Resource): unknown {
  const { id, meta, note, issued, device, author, requester, identifiedDateTime, authoredOn, ...content } =
    resource as Record<string, unknown> & Resource;
  return { ...content, status: content.status === 'amended' ? 'final' : content.status };
}

/** Lists what the EHR holds as true. What was retracted may be there or not: it depends on whether it was ever sent. */
function listLiveContents(ehr: SimulatedEhr): readonly string[] {
  return ehr
    .listResources()
    .filter(({ status }) => status !== 'entered-in-error' && status !== 'revoked')
    .map((resource) => JSON.stringify(toContent(resource)))
    .sort();
}

/**
 * Lists the outbox entries that count as delivered although the EHR holds something else: it would show a class with inputs
 * that were taken back.
 */
export async function listUndelivered(store: Store, ehr: SimulatedEhr): Promise<readonly string[]> {
  const entries = await store.read(({ outbox }) => outbox.list({ state: 'delivered' }));
  const held = new Set(ehr.listResources().map((resource) => JSON.stringify(omitServerElements(resource))));
  return entries
    .filter(({ resource }) => !held.has(JSON.stringify(omitServerElements(JSON.parse(resource)))))
    .map(({ identifier }) => `${identifier} counts as delivered, and the EHR holds something else`);
}

const omitServerElements = ({ id: _id, meta: _meta, ...content }: Resource): object => content;

/** Reads everything that must be the same whatever happened to processes and networks, as text. */
export async function readFinalState(store: Store, ehr: SimulatedEhr): Promise<string> {
  const stored = await store.read(async (tx) => ({
    versions: await listVersions(tx),
    subjects: await listSubjects(tx),
    sealed: await tx.sealedPayloads.count(),
    dead: (await tx.outbox.list({ state: 'dead' })).map(({ identifier }) => identifier),
  }));
  return JSON.stringify({ ...stored, ehr: listLiveContents(ehr) }, null, 1);
}
