import { momentOf } from '../fhir/datetime.ts';
import { localKey, type ParsedReference, parseReference } from '../fhir/reference.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import type { Moment, Original, Source } from '../trial/facts.ts';
import type { Concepts, Meaning } from './concepts.ts';
import type { Mapped, MappingContext, WorkNeed } from './mapped.ts';
import { ambiguousCode, unmappedCode, unparseable } from './needs.ts';
import { held, ignored } from './results.ts';
import { type Concept, text, texts } from './row.ts';
import type { Units } from './units.ts';
import { type CompiledView, type Row, runView } from './view/compile.ts';

/** The views of one kind of resource, as compiled from the library. */
export interface KindOfView {
  readonly file: string;
  readonly kind: string;
  readonly view: CompiledView;
}

/** What the library gives to every reader. */
export interface Tools {
  readonly concepts: Concepts;
  readonly units: Units;
  readonly views: ReadonlyMap<string, readonly KindOfView[]>;
}

/** One resource that is being read. */
export interface Reading {
  readonly tools: Tools;
  readonly context: MappingContext;
  /** The resource that was sent: the source of every fact, and the container of what is contained. */
  readonly resource: Resource;
  /** The FHIRPath of what is read: `Observation`, or `DiagnosticReport.contained[1]`. */
  readonly at: string;
}

/** Where a fact comes from: this resource version, and one element of it. */
export function sourceOf(reading: Reading, element: string): Source {
  const { resource, context } = reading;
  const { meta } = resource;
  const version = isObject(meta) && typeof meta.versionId === 'string' ? meta.versionId : null;
  return {
    site: context.site,
    resourceType: resource.resourceType,
    id: resource.id ?? '',
    version,
    element: element || reading.at,
  };
}

/** As sourceOf, and the reports and panels that gave subject or time. */
export function sourcesOf(reading: Reading, element: string): readonly [Source, ...Source[]] {
  return [sourceOf(reading, element), ...(reading.context.givenBy ?? [])];
}

/** The code as a reader of the fact sees it, with no value (infusions without a dose). */
export function original(code: string, sent?: Omit<Original, 'code'>): Original {
  return { code, ...(sent ?? { value: null, unit: null, conversion: null }) };
}

/** A Source's resource as part of a key. */
export const resourceKey = (reading: Reading): string =>
  `${reading.context.site}|${reading.resource.resourceType}/${reading.resource.id ?? ''}`;

/**
 * The moment in the columns `{prefix}` (dateTime or date), `{prefix}_instant`, `{prefix}_start` and `{prefix}_end`.
 * undefined where nothing was sent; null where what was sent is no moment.
 */
export function momentIn(row: Row, prefix: string, timeZone: string): Moment | null | undefined {
  const point = text(row, prefix) ?? text(row, `${prefix}_instant`);
  if (point !== null) return momentOf(point, timeZone);
  const [start, end] = [text(row, `${prefix}_start`), text(row, `${prefix}_end`)];
  if (start === null && end === null) return undefined;
  return momentOf({ ...(start ? { start } : {}), ...(end ? { end } : {}) }, timeZone);
}

/** A Timing (column `{prefix}_timing`) says one moment only where it lists one event; else undefined. */
export function timingIn(row: Row, prefix: string, timeZone: string): Moment | null | undefined {
  const [event, ...more] = texts(row, `${prefix}_timing`);
  return event === undefined || more.length > 0 ? undefined : momentOf(event, timeZone);
}

/** The need for a time: what has none cannot be placed in the trial. */
export function needsTime(element: string, sent: boolean): WorkNeed {
  const detail = sent ? 'The date or period cannot be read.' : 'There is no date or time.';
  const fix = 'Send a date, or a date and time with its zone, such as 2026-03-02T08:15:00+08:00.';
  return unparseable(element, `time:${element}`, detail, fix);
}

/** The answer where codes have no one word: held, or ignored where the maps say that it is not needed. */
export function withoutWord(
  tools: Tools,
  vocabularies: readonly string[],
  concept: Concept,
  meaning: Exclude<Meaning, { kind: 'word' }>,
): Mapped {
  const files = tools.concepts.files(vocabularies);
  if (meaning.kind === 'ambiguous') return held(ambiguousCode(concept, files, vocabularies));
  if (meaning.kind === 'unmapped') return held(unmappedCode(concept, files, vocabularies));
  const { system, code } = meaning.coding;
  return ignored('code-not-needed', concept.element, `The trial has no use for ${system}|${code}.`);
}

/** What a reference leads to: the resource, or the `Type/id` to wait for (null where it cannot be named). */
export type Resolved = { readonly resource: Resource } | { readonly waitsFor: string | null };

/** Finds what a reference's text points at: in `contained`, else among the site's resources. */
export function resolve(reading: Reading, reference: string): Resolved {
  const parsed = parseReference(reference);
  if (parsed?.kind === 'contained') return containedOf(reading.resource, parsed.id);
  const key = parsed ? keyOfReference(parsed) : null;
  if (key === null) return { waitsFor: null };
  const resource = reading.context.resolve(key);
  return resource ? { resource } : { waitsFor: parsed?.kind === 'urn' ? null : key };
}

const keyOfReference = (parsed: ParsedReference): string | null =>
  parsed.kind === 'urn' ? parsed.urn : localKey(parsed);

function containedOf(container: Resource, id: string): Resolved {
  const all = Array.isArray(container.contained) ? container.contained : [];
  const found: unknown = all.find((c: unknown) => isObject(c) && c.id === id);
  return isResource(found) ? { resource: found } : { waitsFor: null };
}

/** Whether a contained value is a resource. */
export function isResource(value: unknown): value is Resource {
  return isObject(value) && typeof value.resourceType === 'string';
}

/** The rows of a referenced resource under the views of the wanted kind. */
export function rowsOf(tools: Tools, resource: Resource, kind: string): readonly Row[] {
  const views = tools.views.get(resource.resourceType) ?? [];
  return views.filter((v) => v.kind === kind).flatMap((v) => runView(v.view, resource));
}
