import { createHash } from 'node:crypto';
import { toCanonicalJson } from '../fhir/canonical-json.ts';
import type { CriteriaSet } from './formats/criteria-set-schema.ts';

/** Converts maps to objects, at any depth, so that their content is in the JSON. */
const toPlain = (_key: string, value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries(value) : value;

/**
 * Computes the digest of a set's content: rules, sources and notes, in whatever order and layout the file has them. Another
 * threshold, or another source, is another digest.
 */
export function computeCriteriaDigest(set: CriteriaSet): string {
  const plain: unknown = JSON.parse(JSON.stringify(set, toPlain));
  return createHash('sha256').update(toCanonicalJson(plain)).digest('hex');
}
