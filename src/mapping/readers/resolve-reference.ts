import { type ParsedReference, parseReference, toLocalKey } from '../../fhir/reference.ts';
import { isObject, type Resource } from '../../fhir/resource.ts';
import type { CompiledMappings } from '../compile-mappings.ts';
import type { ViewRow } from '../view/view-row.ts';
import type { ReaderInput } from './reader-input.ts';

/** The resource to which a reference leads, or the `Type/id` to wait for (null if the reference does not name one). */
type ReferenceResolution = { readonly resource: Resource } | { readonly waitsFor: string | null };

/** Resolves the text of a reference, in `contained` or among the current resources of the site. */
export function resolveReference(input: ReaderInput, reference: string): ReferenceResolution {
  const parsed = parseReference(reference);
  if (parsed?.kind === 'contained') return findContained(input.resource, parsed.id);
  const key = parsed ? formatReferenceKey(parsed) : null;
  if (key === null) return { waitsFor: null };
  const resource = input.context.resolve(key);
  return resource ? { resource } : { waitsFor: parsed?.kind === 'urn' ? null : key };
}

const formatReferenceKey = (parsed: ParsedReference): string | null =>
  parsed.kind === 'urn' ? parsed.urn : toLocalKey(parsed);

function findContained(container: Resource, id: string): ReferenceResolution {
  const contained: readonly unknown[] = Array.isArray(container.contained) ? container.contained : [];
  const resource = contained.find((child) => isObject(child) && child.id === id);
  return isContainedResource(resource) ? { resource } : { waitsFor: null };
}

/** Whether a value in `contained` is a resource. */
export function isContainedResource(value: unknown): value is Resource {
  return isObject(value) && typeof value.resourceType === 'string';
}

/** Lists the rows of a referenced or contained resource in the views of one kind. */
export function listRowsOfKind(
  mappings: CompiledMappings,
  resource: Resource,
  kind: string,
): readonly ViewRow[] {
  const views = mappings.views.get(resource.resourceType) ?? [];
  return views.filter((view) => view.kind === kind).flatMap(({ view }) => view.listRows(resource));
}
