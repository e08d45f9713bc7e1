import { type AuditEntry, type AuditEvent, buildAuditEntry } from '../../audit/audit-entry.ts';
import type { NameHash } from '../../audit/name-hash.ts';
import type { ResourceKey } from '../inbox-store.ts';
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
  /** Notes a change of a thing that has this name. */
  noteDerived(kind: Derived, name: string): void;
  /** Records an entry that is complete. */
  noteEntry(entry: AuditEntry): void;
  /** Returns the entries, in order. */
  complete(): readonly AuditEntry[];
}

export const formatAuditSubject = ({ study, subject }: SubjectKey): string => `${study}|${subject}`;

const joinResourceKey = ({ site, resourceType, id }: ResourceKey): string => `${site}|${resourceType}/${id}`;

/** Collects what is queued for EHRs: one event for each subject. */
function createQueueNotes({ hashContent }: NameHash) {
  const queued = new Map<string, { readonly site: string; readonly changes: string[] }>();
  return {
    note(subject: SubjectKey & { readonly site: string }, change: string): void {
      const key = formatAuditSubject(subject);
      const known = queued.get(key) ?? { site: subject.site, changes: [] };
      known.changes.push(change);
      queued.set(key, known);
    },
    listEvents: (): readonly AuditEvent[] =>
      [...queued].map(([subject, { site, changes }]) => ({
        action: 'write-back.queued',
        site,
        about: [subject],
        count: changes.length,
        after: hashContent(changes.join('\n')),
      })),
  };
}

/** Collects changes that follow from something else. */
function createDerivedNotes() {
  const derived = new Map<Derived, Set<string>>();
  return {
    note: (kind: Derived, name: string): void =>
      void derived.set(kind, (derived.get(kind) ?? new Set()).add(name)),
    listEvents: (): readonly AuditEvent[] =>
      [...derived].flatMap(([kind, names]): readonly AuditEvent[] =>
        kind === 'values'
          ? [...names].map((name) => ({ action: DERIVED_ACTIONS[kind], object: `Setting/${name}` }))
          : [{ action: DERIVED_ACTIONS[kind], count: names.size }],
      ),
  };
}

/** Collects the subjects about whom facts of each resource are replaced. */
function createFactNotes() {
  const subjects = new Map<string, Set<string>>();
  const listSubjects = (resource: string): readonly string[] => [...(subjects.get(resource) ?? [])].sort();
  return {
    listSubjects,
    note(resource: string, subject: SubjectKey | null): void {
      const known = subjects.get(resource) ?? new Set();
      subjects.set(resource, known);
      if (subject) known.add(formatAuditSubject(subject));
    },
    /** One event for the resources without an event of their own. */
    listEvents(recorded: ReadonlySet<string>): readonly AuditEvent[] {
      const restated = [...subjects.keys()].filter((resource) => !recorded.has(resource));
      if (restated.length === 0) return [];
      const about = [...new Set(restated.flatMap(listSubjects))].sort();
      const named = about.length > 0 ? { about } : {};
      return [{ action: 'facts.restated', count: restated.length, ...named }];
    },
  };
}

/** An event that waits for the end of the transaction, since its subjects are known only then. */
interface WaitingEvent {
  readonly event: AuditEvent;
  readonly resource: string | null;
}

/** Creates the recorder of one transaction. */
export function createAuditRecorder({ hashes, now }: AuditSettings): AuditRecorder {
  const waiting: (WaitingEvent | AuditEntry)[] = [];
  const recorded = new Set<string>();
  const facts = createFactNotes();
  const queue = createQueueNotes(hashes);
  const derived = createDerivedNotes();

  function withSubjects({ event, resource }: WaitingEvent): AuditEvent {
    const about = resource === null ? [] : facts.listSubjects(resource);
    return about.length === 0 ? event : { ...event, about };
  }

  return {
    hashes,
    nameResource: (key) => `${key.resourceType}/${hashes.hashName(joinResourceKey(key))}`,
    note: (event) => void waiting.push({ event, resource: null }),
    noteEntry: (entry) => void waiting.push(entry),
    noteResource(key, event) {
      const resource = joinResourceKey(key);
      recorded.add(resource);
      waiting.push({ event, resource });
    },
    noteFacts: (key, subject) => facts.note(joinResourceKey(key), subject),
    noteQueued: queue.note,
    noteDerived: derived.note,
    complete() {
      const at = now();
      const events = [...facts.listEvents(recorded), ...queue.listEvents()];
      const others = waiting.length === 0 && events.length === 0 ? derived.listEvents() : [];
      return [
        ...waiting.map((item) => ('event' in item ? buildAuditEntry(withSubjects(item), at) : item)),
        ...[...events, ...others].map((event) => buildAuditEntry(event, at)),
      ];
    },
  };
}
