import { Failure } from '../../errors.ts';
import type { BundleEntries, BundlePlace, Interaction } from '../interaction.ts';
import { isObject } from '../resource.ts';

/** The text that takes the place of `Reference.reference`, and the identifier for a reference that has none. */
export interface ResolvedReference {
  readonly reference: string;
  readonly identifier: Readonly<Record<string, unknown>> | null;
}

function readVersionId(entry: Record<string, unknown>): unknown {
  const meta = isObject(entry.resource) ? entry.resource.meta : undefined;
  return isObject(meta) ? meta.versionId : undefined;
}

/** Throws `fhir/invalid` where two entries have the same fullUrl and version (FHIR R4 bundle, bdl-7). */
export function refuseRepeatedUrls(entries: readonly Record<string, unknown>[]): void {
  const seen = new Set<string>();
  entries.forEach((entry, index) => {
    if (typeof entry.fullUrl !== 'string') return;
    const key = JSON.stringify([entry.fullUrl, readVersionId(entry) ?? null]);
    if (seen.has(key)) {
      throw new Failure('fhir/invalid', 'Two entries have the same fullUrl.', {
        at: `Bundle.entry[${index}].fullUrl`,
        spec: 'bdl-7',
        fix: 'Send a different fullUrl in each entry.',
      });
    }
    seen.add(key);
  });
}

const RELATIVE_REFERENCE = /^[A-Z][A-Za-z]{0,63}\/[^/?#]{1,200}$/;
const VERSION_SUFFIX = /\/_history\/[^/]*$/;

/** Returns the base of a fullUrl that ends in `Type/id`; null for any other fullUrl, such as `urn:uuid:…`. */
function readBase(fullUrl: string | null): string | null {
  return /^(https?:\/\/.{1,1024}\/)[A-Z][A-Za-z]{0,63}\/[^/]+$/.exec(fullUrl ?? '')?.[1] ?? null;
}

/**
 * Finds the entry to which a reference in an entry leads; undefined where it leads out of the Bundle. A reference is a
 * fullUrl, or `Type/id` relative to the base of the fullUrl of the entry that contains it. Where that entry has no such
 * base, `Type/id` leads to the only entry with a fullUrl that ends so. Source: FHIR R4 bundle, resolving references.
 */
export function findReferencedEntry(
  { fullUrl, entries }: BundlePlace,
  reference: string,
): Interaction | undefined {
  const text = reference.replace(VERSION_SUFFIX, '');
  const exact = entries.byUrl.get(reference) ?? entries.byUrl.get(text);
  if (exact || !RELATIVE_REFERENCE.test(text)) return exact;
  const base = readBase(fullUrl);
  if (base !== null) return entries.byUrl.get(`${base}${text}`);
  const [only, ...others] = indexByPath(entries).get(text) ?? [];
  return others.length === 0 ? only : undefined;
}

const pathsOfBundles = new WeakMap<BundleEntries, ReadonlyMap<string, readonly Interaction[]>>();

/** Indexes the entries by the last two parts of their fullUrl, `Type/id`. */
function indexByPath(entries: BundleEntries): ReadonlyMap<string, readonly Interaction[]> {
  const known = pathsOfBundles.get(entries);
  if (known) return known;
  const grouped = Map.groupBy(entries.byUrl, ([url]) => url.split('/').slice(-2).join('/'));
  const index = new Map([...grouped].map(([path, group]) => [path, group.map(([, entry]) => entry)]));
  pathsOfBundles.set(entries, index);
  return index;
}

/** Lists every `Reference.reference` of the resource, contained resources included. */
export function listReferenceTexts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(listReferenceTexts);
  if (!isObject(value)) return [];
  const own = typeof value.reference === 'string' ? [value.reference] : [];
  return [...own, ...Object.values(value).flatMap(listReferenceTexts)];
}

/**
 * Replaces the references that `resolved` contains, by the text of the reference, and adds the identifier where the
 * reference has none. Returns the same object for a resource without such references.
 */
export function replaceReferences<T>(value: T, resolved: ReadonlyMap<string, ResolvedReference>): T {
  return resolved.size === 0 ? value : (replaceInValue(value, resolved) as T);
}

function replaceInValue(value: unknown, resolved: ReadonlyMap<string, ResolvedReference>): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => replaceInValue(item, resolved));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isObject(value)) return value;
  let copy: Record<string, unknown> | null = null;
  for (const key in value) {
    const replaced = replaceInValue(value[key], resolved);
    if (replaced === value[key]) continue;
    copy ??= { ...value };
    copy[key] = replaced;
  }
  return replaceElement(copy ?? value, resolved);
}

function replaceElement(
  value: Record<string, unknown>,
  resolved: ReadonlyMap<string, ResolvedReference>,
): Record<string, unknown> {
  const target = typeof value.reference === 'string' ? resolved.get(value.reference) : undefined;
  if (!target) return value;
  const { reference, identifier } = target;
  const hasIdentifier = value.identifier !== undefined || identifier === null;
  return { ...value, reference, ...(hasIdentifier ? {} : { identifier }) };
}
