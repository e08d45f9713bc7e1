import type { SearchRequest, WithId } from '@medplum/core';
import { Operator } from '@medplum/core';
import { MemoryRepository } from '@medplum/fhir-router';
import type { Bundle, Identifier, Resource } from '@medplum/fhirtypes';

interface RepositoryContents {
  resources: Map<string, Map<string, Resource>>;
  history: Map<string, Map<string, Resource[]>>;
}

/**
 * Medplum's store in memory, with what it lacks for our purpose: a transaction that fails leaves nothing behind; reading
 * a history does not turn it around (5.2.13 reverses its own list in place); and a search by one identifier compares
 * strings (5.2.13 evaluates FHIRPath over every resource, which takes seconds for a transaction of forty conditions).
 */
export class EhrRepository extends MemoryRepository {
  private depth = 0;

  override async withTransaction<T>(work: (repo: this) => Promise<T>): Promise<T> {
    if (this.depth > 0) return work(this);
    const shelves = this.contents();
    const before = copyContents(shelves);
    this.depth++;
    try {
      return await work(this);
    } catch (error) {
      replaceContent(shelves.resources, before.resources);
      replaceContent(shelves.history, before.history);
      throw error;
    } finally {
      this.depth--;
    }
  }

  override async search<T extends Resource>(request: SearchRequest<T>): Promise<Bundle<WithId<T>>> {
    const wanted = findSoleIdentifier(request);
    if (wanted === null) return super.search(request);
    const all = [...(this.contents().resources.get(request.resourceType)?.values() ?? [])];
    const found = all.filter((resource) => listIdentifiers(resource).includes(wanted));
    const shown = structuredClone(found.slice(0, request.count)) as WithId<T>[];
    const entry = shown.map((resource) => ({ search: { mode: 'match' as const }, resource }));
    return { resourceType: 'Bundle', type: 'searchset', total: found.length, entry };
  }

  override async readHistory<T extends Resource>(resourceType: string, id: string): Promise<Bundle<T>> {
    const newestFirst = await super.readHistory<T>(resourceType, id);
    await super.readHistory<T>(resourceType, id);
    return newestFirst;
  }

  private contents(): RepositoryContents {
    return this as unknown as RepositoryContents;
  }
}

/** `system|value` where that is all that is asked for; null for every other search. */
function findSoleIdentifier(request: SearchRequest): string | null {
  const [filter, ...others] = request.filters ?? [];
  if (!filter || others.length > 0 || request.offset || request.include || request.revInclude) return null;
  const exact = filter.code === 'identifier' && filter.operator === Operator.EQUALS;
  return exact && /^[^|,]+\|[^|,]+$/.test(filter.value) ? filter.value : null;
}

function listIdentifiers(resource: Resource): readonly string[] {
  const { identifier } = resource as { identifier?: Identifier | Identifier[] };
  return [identifier ?? []].flat().map(({ system, value }) => `${system}|${value}`);
}

function copyContents(shelves: RepositoryContents): RepositoryContents {
  const resources = new Map([...shelves.resources].map(([type, byId]) => [type, new Map(byId)]));
  const history = new Map(
    [...shelves.history].map(([type, byId]) => [
      type,
      new Map([...byId].map(([id, list]) => [id, [...list]])),
    ]),
  );
  return { resources, history };
}

function replaceContent<V>(target: Map<string, V>, source: Map<string, V>): void {
  target.clear();
  for (const [key, value] of source) target.set(key, value);
}
