import { parseJson } from '../fhir/lossless-json.ts';
import { isObject, type JsonObject } from '../fhir/resource.ts';

/** Parses a resource that the outbox stores as text, with every digit of its numbers. Throws where it is not an object. */
export function parseOutboxJson(text: string): JsonObject {
  const tree = parseJson(text);
  if (!isObject(tree)) throw new Error('The outbox contains JSON that is not an object.');
  return tree;
}
