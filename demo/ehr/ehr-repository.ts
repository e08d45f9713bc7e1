import type { SearchRequest, WithId } from '@medplum/core';
import { Operator } from '@medplum/core';
import { MemoryRepository } from '@medplum/fhir-router';
import type { Bundle, Identifier, Resource } from '@medplum/fhirtypes';

interface RepositoryContents {
  resources: Map<string, Map<string, Resource>>;
  history: Map<string, Map<string, Resource[]>>;
}

/**
 * Medplum's in-memory store with three changes. A transaction that fails is rolled back. Reading a history does not
 * reverse it (5.2.13 reverses its own list in place). A search by one identifier compares strings (5.2.13 evaluates
 * FHIRPath over every resource, which takes seconds for a transaction of forty conditions).
 */
export class EhrRepository extends MemoryRepository {
  private depth = 0;

  override async withTransaction<T>(run: (repo: this) => Promise<T>): Promise<T> {
    if (this.depth > 0) return run(this);
    const contents = this.contents();
    const before = copyContents(contents);
    this.depth++;
    try {
      return await run(this);
    } catch (error) {
      replaceContent(contents.resources, before.resources);
      replaceContent(contents.history, before.history);
      throw error;
    } finally {
      this.depth--;
    }
  }

  override async search<T extends Resource>(request: SearchRequest<T>): Promise<Bundle<WithId<T>>> {
    const identifier = findSoleIdentifier(request);
    if (identifier === null) return super.search(request);
    const resources = [...(this.contents().resources.get(request.resourceType)?.values() ?? [])];
    const matches = resources.filter((resource) => listIdentifiers(resource).includes(identifier));
    const page = structuredClone(matches.slice(0, request.count)) as WithId<T>[];
    const entry = page.map((resource) => ({ search: { mode: 'match' as const }, resource }));
    return { resourceType: 'Bundle', type: 'searchset', total: matches.length, entry };
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

/** Returns `system|value` where a search has no other filter; null for any other search. */
function findSoleIdentifier(request: SearchRequest): string | null {
  const [filter, ...others] = request.filters ?? [];
  if (!filter || others.length > 0 || request.offset || request.include || request.revInclude) return null;
  const isExact = filter.code === 'identifier' && filter.operator === Operator.EQUALS;
  return isExact && /^[^|,]+\|[^|,]+$/.test(filter.value) ? filter.value : null;
}

function listIdentifiers(resource: Resource): readonly string[] {
  const { identifier } = resource as { identifier?: Identifier | Identifier[] };
  return [identifier ?? []].flat().map(({ system, value }) => `${system}|${value}`);
}

function copyContents(contents: RepositoryContents): RepositoryContents {
  const resources = new Map([...contents.resources].map(([type, byId]) => [type, new Map(byId)]));
  const history = new Map(
    [...contents.history].map(([type, byId]) => [
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
