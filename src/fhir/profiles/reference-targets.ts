import { parseReference, toLocalKey } from '../reference.ts';
import { isObject, type Resource } from '../resource.ts';

/** Whether a reference can be to one of the types; false only for a known other type. A URN or bare URL states no type. */
export function canReferTo(targets: readonly string[], value: unknown, root: Resource): boolean {
  if (!isObject(value)) return true;
  const type = resolveTargetType(value, root);
  return type === null || targets.includes(type);
}

function resolveTargetType(reference: Record<string, unknown>, root: Resource): string | null {
  if (typeof reference.reference !== 'string') return readStatedType(reference);
  const parsed = parseReference(reference.reference);
  if (parsed?.kind === 'contained') return findContainedType(root, parsed.id);
  const key = parsed && parsed.kind !== 'urn' ? toLocalKey(parsed) : null;
  return key?.split('/')[0] ?? readStatedType(reference);
}

const readStatedType = (reference: Record<string, unknown>): string | null =>
  typeof reference.type === 'string' ? reference.type : null;

function findContainedType(root: Resource, id: string): string | null {
  const contained: readonly unknown[] = Array.isArray(root.contained) ? root.contained : [];
  const target = contained.find((resource) => isObject(resource) && resource.id === id);
  return isObject(target) && typeof target.resourceType === 'string' ? target.resourceType : null;
}
