import { parseMoment } from '../../fhir/datetime.ts';
import { type ParsedReference, parseReference, toLocalKey } from '../../fhir/reference.ts';
import { isObject, type Resource } from '../../fhir/resource.ts';
import type { Moment, OriginalValue, Source } from '../../trial/facts.ts';
import type { Terminology, Translation } from '../codes/terminology.ts';
import type { MappingContext, MappingResult, WorkNeed } from '../mapping-result.ts';
import type { UnitTables } from '../units/unit-tables.ts';
import { type CompiledView, runView, type ViewRow } from '../view/compile-view.ts';
import {
  createAmbiguousCodeNeed,
  createUnmappedCodeNeed,
  createUnparseableNeed,
} from '../work-item-texts.ts';
import { toHeldResult, toIgnoredResult } from './build-result.ts';
import { readText, readTexts, type SentConcept } from './row-columns.ts';

/** The views of one kind of resource, as compiled from the library. */
export interface MappingView {
  readonly file: string;
  readonly kind: string;
  readonly view: CompiledView;
}

/** What the library gives to every reader. */
export interface CompiledMappings {
  readonly terminology: Terminology;
  readonly units: UnitTables;
  readonly views: ReadonlyMap<string, readonly MappingView[]>;
}

/** One resource that is being read. */
export interface ReaderInput {
  readonly mappings: CompiledMappings;
  readonly context: MappingContext;
  /** The resource that was sent: the source of every fact, and the container of what is contained. */
  readonly resource: Resource;
  /** The FHIRPath of what is read: `Observation`, or `DiagnosticReport.contained[1]`. */
  readonly at: string;
}

/** Where a fact comes from: this resource version, and one element of it. */
export function buildSource(reading: ReaderInput, element: string): Source {
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
export function buildSources(reading: ReaderInput, element: string): readonly [Source, ...Source[]] {
  return [buildSource(reading, element), ...(reading.context.inheritedFrom ?? [])];
}

/** The code as a reader of the fact sees it, with no value (infusions without a dose). */
export function buildOriginal(code: string, sent?: Omit<OriginalValue, 'code'>): OriginalValue {
  return { code, ...(sent ?? { value: null, unit: null, conversion: null }) };
}

/** A Source's resource as part of a key. */
export const formatResourceKey = (reading: ReaderInput): string =>
  `${reading.context.site}|${reading.resource.resourceType}/${reading.resource.id ?? ''}`;

/**
 * The moment in the columns `{prefix}` (dateTime or date), `{prefix}_instant`, `{prefix}_start` and `{prefix}_end`.
 * undefined where nothing was sent; null where what was sent is no moment.
 */
export function readMoment(row: ViewRow, prefix: string, timeZone: string): Moment | null | undefined {
  const point = readText(row, prefix) ?? readText(row, `${prefix}_instant`);
  if (point !== null) return parseMoment(point, timeZone);
  const [start, end] = [readText(row, `${prefix}_start`), readText(row, `${prefix}_end`)];
  if (start === null && end === null) return undefined;
  return parseMoment({ ...(start ? { start } : {}), ...(end ? { end } : {}) }, timeZone);
}

/** A Timing (column `{prefix}_timing`) says one moment only where it lists one event; else undefined. */
export function readTiming(row: ViewRow, prefix: string, timeZone: string): Moment | null | undefined {
  const [event, ...more] = readTexts(row, `${prefix}_timing`);
  return event === undefined || more.length > 0 ? undefined : parseMoment(event, timeZone);
}

/** The need for a time: what has none cannot be placed in the trial. */
export function createMissingTimeNeed(element: string, sent: boolean): WorkNeed {
  const detail = sent ? 'The date or period cannot be read.' : 'There is no date or time.';
  const fix = 'Send a date, or a date and time with its zone, such as 2026-03-02T08:15:00+08:00.';
  return createUnparseableNeed(element, `time:${element}`, detail, fix);
}

/** The answer where codes have no one word: held, or ignored where the maps say that it is not needed. */
export function toUntranslatedResult(
  tools: CompiledMappings,
  vocabularies: readonly string[],
  concept: SentConcept,
  meaning: Exclude<Translation, { kind: 'word' }>,
): MappingResult {
  const files = tools.terminology.listGeneralFiles(vocabularies);
  if (meaning.kind === 'ambiguous')
    return toHeldResult(createAmbiguousCodeNeed(concept, files, vocabularies));
  if (meaning.kind === 'unmapped') return toHeldResult(createUnmappedCodeNeed(concept, files, vocabularies));
  const { system, code } = meaning.coding;
  return toIgnoredResult('code-not-needed', concept.element, `The trial has no use for ${system}|${code}.`);
}

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
