import { type ParsedReference, parseReference, toLocalKey } from '../../fhir/reference.ts';
import { isObject, type Resource } from '../../fhir/resource.ts';
import type { CompiledMappings } from '../compile-mappings.ts';
import { runView, type ViewRow } from '../view/compile-view.ts';
import type { ReaderInput } from './reader-input.ts';

/** What a reference leads to: the resource, or the `Type/id` to wait for (null where it cannot be named). */
export type ReferenceResolution = { readonly resource: Resource } | { readonly waitsFor: string | null };

/** Finds what a reference's text points at: in `contained`, else among the site's resources. */
export function resolveReference(reading: ReaderInput, reference: string): ReferenceResolution {
  const parsed = parseReference(reference);
  if (parsed?.kind === 'contained') return findContained(reading.resource, parsed.id);
  const key = parsed ? formatReferenceKey(parsed) : null;
  if (key === null) return { waitsFor: null };
  const resource = reading.context.resolve(key);
  return resource ? { resource } : { waitsFor: parsed?.kind === 'urn' ? null : key };
}

const formatReferenceKey = (parsed: ParsedReference): string | null =>
  parsed.kind === 'urn' ? parsed.urn : toLocalKey(parsed);

function findContained(container: Resource, id: string): ReferenceResolution {
  const all = Array.isArray(container.contained) ? container.contained : [];
  const found: unknown = all.find((c: unknown) => isObject(c) && c.id === id);
  return isContainedResource(found) ? { resource: found } : { waitsFor: null };
}

/** Whether a contained value is a resource. */
export function isContainedResource(value: unknown): value is Resource {
  return isObject(value) && typeof value.resourceType === 'string';
}

/** The rows of a referenced resource under the views of the wanted kind. */
export function listRowsOfKind(
  tools: CompiledMappings,
  resource: Resource,
  kind: string,
): readonly ViewRow[] {
  const views = tools.views.get(resource.resourceType) ?? [];
  return views.filter((v) => v.kind === kind).flatMap((v) => runView(v.view, resource));
}
