import type { Fact } from '../../trial/facts.ts';
import { compareTexts } from './compare-texts.ts';

/** One stored fact, with the number of the resource that states it and its place in that resource. */
export interface StoredFact {
  readonly fact: Fact;
  readonly resource: number;
  readonly position: number;
}

/** The parsed facts of one subject as the store lists them. */
interface CachedSubject {
  readonly facts: StoredFact[];
  readonly byResource: Map<number, readonly StoredFact[]>;
  /** The resources whose facts were written since they were read. */
  readonly touched: Set<number>;
}

/** The reads by which the cache is filled. */
interface FactReads {
  /** Reads every fact about the subject, in order (`compareStored`). */
  readSubject(study: string, subject: string): readonly StoredFact[];
  /** Reads the facts that one resource states about the subject. */
  readResource(resource: number, study: string, subject: string): readonly StoredFact[];
}

/**
 * The parsed facts of the subjects that were read last. A subject's next facts then cost what is new of them, and a fact that
 * has not changed stays the same object, by which the rules know what need not be derived again.
 */
export interface FactCache {
  list(study: string, subject: string): readonly Fact[];
  /** Must be called for every resource whose facts about the subject are written. */
  touch(resource: number, study: string, subject: string): void;
  forget(): void;
}

/** Compares texts as SQLite does, by their bytes in UTF-8. */
const compareBytes = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * Compares two facts about a subject by day and key. Statements of one fact are in order of their resource: the order of
 * arrival, in which resources are numbered, must not show.
 */
export function compareStored(a: StoredFact, b: StoredFact): number {
  const [first] = a.fact.sources;
  const [second] = b.fact.sources;
  return (
    compareTexts(a.fact.at.earliestDay, b.fact.at.earliestDay) ||
    compareBytes(a.fact.key, b.fact.key) ||
    compareTexts(first.site, second.site) ||
    compareTexts(first.resourceType, second.resourceType) ||
    compareTexts(first.id, second.id) ||
    a.resource - b.resource ||
    a.position - b.position
  );
}

/** Finds the place of a fact in the sorted list: its own, or the one at which it belongs. */
function findPlace(sorted: readonly StoredFact[], fact: StoredFact): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = sorted[middle];
    if (other !== undefined && compareStored(other, fact) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function replaceFacts(cached: CachedSubject, resource: number, facts: readonly StoredFact[]): void {
  for (const fact of cached.byResource.get(resource) ?? [])
    cached.facts.splice(findPlace(cached.facts, fact), 1);
  for (const fact of facts) cached.facts.splice(findPlace(cached.facts, fact), 0, fact);
  if (facts.length > 0) cached.byResource.set(resource, facts);
  else cached.byResource.delete(resource);
}

const fillSubject = (facts: readonly StoredFact[]): CachedSubject => ({
  facts: [...facts],
  byResource: Map.groupBy(facts, ({ resource }) => resource),
  touched: new Set(),
});

const joinKey = (study: string, subject: string): string => `${study}\n${subject}`;

/** Creates a cache of at most so many facts; the subjects that were read longest ago go first, and one with more at once. */
export function createFactCache(reads: FactReads, maxFacts: number): FactCache {
  /** The subject that was read last comes last. */
  const subjects = new Map<string, CachedSubject>();
  let size = 0;

  function drop(key: string): void {
    size -= subjects.get(key)?.facts.length ?? 0;
    subjects.delete(key);
  }

  function keep(key: string, cached: CachedSubject): void {
    subjects.set(key, cached);
    size += cached.facts.length;
    for (const oldest of subjects.keys()) {
      if (size <= maxFacts) break;
      drop(oldest);
    }
  }

  /** Takes the subject's facts out of the cache, brought up to date; undefined where they are not in it. */
  function takeCurrent(study: string, subject: string): CachedSubject | undefined {
    const key = joinKey(study, subject);
    const cached = subjects.get(key);
    if (!cached) return undefined;
    drop(key);
    for (const resource of cached.touched)
      replaceFacts(cached, resource, reads.readResource(resource, study, subject));
    cached.touched.clear();
    return cached;
  }

  return {
    list(study, subject) {
      const cached = takeCurrent(study, subject) ?? fillSubject(reads.readSubject(study, subject));
      keep(joinKey(study, subject), cached);
      return cached.facts.map(({ fact }) => fact);
    },
    touch(resource, study, subject) {
      subjects.get(joinKey(study, subject))?.touched.add(resource);
    },
    forget() {
      subjects.clear();
      size = 0;
    },
  };
}
