import { type AuditEntry, type AuditEvent, buildAuditEntry } from '../../audit/audit-entry.ts';
import type { NameHash } from '../../audit/name-hash.ts';
import type { ResourceKey } from '../store.ts';
import type { SubjectKey } from '../subject-store.ts';

/** What recording needs besides the store. */
export interface AuditSettings {
  readonly hashes: NameHash;
  now(): Date;
  /** Called with the number of entries of a transaction, once it has committed. */
  onAppended?(entries: number): void;
}

/** Changes that follow from something else, and get an entry of their own only where nothing else in the transaction has one. */
const DERIVED_ACTIONS = {
  links: 'identity.linked',
  index: 'resource.reindexed',
  values: 'setting.changed',
} as const;

type Derived = keyof typeof DERIVED_ACTIONS;

/** Collects the entries of one transaction. */
export interface AuditRecorder {
  readonly hashes: NameHash;
  /** Names a resource without saying whose it is. */
  nameResource(key: ResourceKey): string;
  /** Records an event. */
  note(event: AuditEvent): void;
  /** Records an event of a resource, with the subjects about whom facts are replaced in the same transaction. */
  noteResource(key: ResourceKey, event: AuditEvent): void;
  /** Notes that the facts of a resource about a subject were replaced. */
  noteFacts(key: ResourceKey, subject: SubjectKey | null): void;
  /** Notes a resource that was queued for the EHR of a subject's site, or taken out of the queue. */
  noteQueued(subject: SubjectKey & { readonly site: string }, change: string): void;
  noteDerived(kind: Derived, name?: string): void;
  /** Records an entry that is complete. */
  noteEntry(entry: AuditEntry): void;
  /** Returns the entries, in order. */
  complete(): readonly AuditEntry[];
}

export const formatAuditSubject = ({ study, subject }: SubjectKey): string => `${study}|${subject}`;

const joinResourceKey = ({ site, resourceType, id }: ResourceKey): string => `${site}|${resourceType}/${id}`;

interface QueuedChanges {
  readonly site: string;
  readonly changes: string[];
}

/** An event that waits for the end of the transaction, since its subjects are known only then. */
interface WaitingEvent {
  readonly event: AuditEvent;
  readonly resource: string | null;
}

/** Creates the recorder of one transaction. */
export function createAuditRecorder({ hashes, now }: AuditSettings): AuditRecorder {
  const waiting: (WaitingEvent | AuditEntry)[] = [];
  const subjectsOfResources = new Map<string, Set<string>>();
  const recordedResources = new Set<string>();
  const queued = new Map<string, QueuedChanges>();
  const derived = new Map<Derived, Set<string>>();

  const listSubjectsOf = (resource: string): readonly string[] =>
    [...(subjectsOfResources.get(resource) ?? [])].sort();

  function buildRestatement(): AuditEvent | null {
    const restated = [...subjectsOfResources.keys()].filter((resource) => !recordedResources.has(resource));
    if (restated.length === 0) return null;
    const about = [...new Set(restated.flatMap(listSubjectsOf))].sort();
    return { action: 'facts.restated', count: restated.length, ...(about.length > 0 ? { about } : {}) };
  }

  const buildQueueEvents = (): readonly AuditEvent[] =>
    [...queued].map(([subject, { site, changes }]) => ({
      action: 'write-back.queued',
      site,
      about: [subject],
      count: changes.length,
      after: hashes.hashContent(changes.join('\n')),
    }));

  const buildDerivedEvents = (): readonly AuditEvent[] =>
    [...derived].map(([kind, names]) => ({ action: DERIVED_ACTIONS[kind], count: Math.max(1, names.size) }));

  function withSubjects({ event, resource }: WaitingEvent): AuditEvent {
    const about = resource === null ? [] : listSubjectsOf(resource);
    return about.length === 0 ? event : { ...event, about };
  }

  return {
    hashes,
    nameResource: (key) => `${key.resourceType}/${hashes.hashName(joinResourceKey(key))}`,
    note: (event) => void waiting.push({ event, resource: null }),
    noteEntry: (entry) => void waiting.push(entry),
    noteResource(key, event) {
      const resource = joinResourceKey(key);
      recordedResources.add(resource);
      waiting.push({ event, resource });
    },
    noteFacts(key, subject) {
      const resource = joinResourceKey(key);
      const subjects = subjectsOfResources.get(resource) ?? new Set();
      subjectsOfResources.set(resource, subjects);
      if (subject) subjects.add(formatAuditSubject(subject));
    },
    noteQueued(subject, change) {
      const key = formatAuditSubject(subject);
      const known = queued.get(key) ?? { site: subject.site, changes: [] };
      known.changes.push(change);
      queued.set(key, known);
    },
    noteDerived(kind, name = '') {
      derived.set(kind, (derived.get(kind) ?? new Set()).add(name));
    },
    complete() {
      const at = now();
      const restatement = buildRestatement();
      const events = [...(restatement ? [restatement] : []), ...buildQueueEvents()];
      const others = waiting.length === 0 && events.length === 0 ? buildDerivedEvents() : [];
      return [
        ...waiting.map((item) => ('event' in item ? buildAuditEntry(withSubjects(item), at) : item)),
        ...[...events, ...others].map((event) => buildAuditEntry(event, at)),
      ];
    },
  };
}
