import type { EntryResponse } from '../../src/ehr/ehr.ts';
import type { JsonObject, Resource } from '../../src/fhir/resource.ts';

/** A resource as the simulated EHR holds it. */
interface HeldResource {
  readonly resource: Resource;
  readonly version: number;
}

/** Reads the first identifier of a resource as `system|value`. */
function readIdentifier({ identifier }: JsonObject): string {
  const [first] = (Array.isArray(identifier) ? identifier : [identifier]) as {
    system?: string;
    value?: string;
  }[];
  return `${first?.system ?? ''}|${first?.value ?? ''}`;
}

/** The resources of the simulated EHR, in versions, with the writes of a FHIR R4 transaction. */
export class HeldResources {
  private held = new Map<string, HeldResource>();
  private readonly creations = new Map<string, number>();
  private nextId = 1;

  /** Lists the identifiers under which more than one resource was created, ever. */
  listDoubled(): readonly string[] {
    return [...this.creations].filter(([, count]) => count > 1).map(([key]) => key);
  }

  list(): readonly Resource[] {
    return [...this.held.values()].map(({ resource }) => resource);
  }

  find(path: string): Resource | null {
    return this.held.get(path)?.resource ?? null;
  }

  findByIdentifier(type: string, identifier: string): readonly Resource[] {
    return this.list().filter((one) => one.resourceType === type && readIdentifier(one) === identifier);
  }

  /** Performs all entries or none. */
  performTransaction(entries: readonly JsonObject[]): readonly EntryResponse[] {
    const before = new Map(this.held);
    const responses = entries.map((entry) => this.performEntry(entry));
    if (responses.some(({ status }) => status >= 400)) this.held = before;
    return responses;
  }

  private performEntry(entry: JsonObject): EntryResponse {
    const { method, url, ifMatch } = entry.request as { method: string; url: string; ifMatch?: string };
    const resource = entry.resource as Resource;
    if (method === 'POST') return this.create(resource);
    if (url.includes('?')) {
      const [found] = this.findByIdentifier(resource.resourceType, readIdentifier(resource));
      return found ? this.write(`${found.resourceType}/${found.id}`, resource) : this.create(resource);
    }
    const current = this.held.get(url);
    if (!current) return { status: 404, location: null, etag: null };
    if (ifMatch !== undefined && ifMatch !== `W/"${current.version}"`)
      return { status: 412, location: null, etag: null };
    return this.write(url, resource);
  }

  private create(resource: Resource): EntryResponse {
    const { resourceType } = resource;
    const key = `${resourceType} ${readIdentifier(resource)}`;
    if (resourceType !== 'Provenance') this.creations.set(key, (this.creations.get(key) ?? 0) + 1);
    return this.write(`${resourceType}/e${this.nextId++}`, resource);
  }

  private write(path: string, resource: Resource): EntryResponse {
    const version = (this.held.get(path)?.version ?? 0) + 1;
    const [, id = ''] = path.split('/');
    this.held.set(path, { resource: { ...resource, id, meta: { versionId: String(version) } }, version });
    return {
      status: version === 1 ? 201 : 200,
      location: `${path}/_history/${version}`,
      etag: `W/"${version}"`,
    };
  }
}
