import { Failure } from '../errors.ts';
import type { Resource } from '../fhir/resource.ts';
import { combineResults, toHeldResult, toIgnoredResult } from './build-result.ts';
import {
  type CompiledMappings,
  compileMappings,
  type MappingFiles,
  type MappingView,
} from './compile-mappings.ts';
import type { MappingContext, MappingResult } from './mapping-result.ts';
import { readAdverseEvent } from './readers/adverse-event.ts';
import { readCondition } from './readers/condition.ts';
import { readContainedObservations } from './readers/contained-observations.ts';
import { collectWarnings } from './readers/leukocyte-cross-check.ts';
import { readMedicationAdministration } from './readers/medication-administration.ts';
import { withDisplays } from './readers/need-displays.ts';
import { readObservation } from './readers/observation.ts';
import { readPatient } from './readers/patient.ts';
import { readProcedure } from './readers/procedure.ts';
import type { ReaderInput } from './readers/reader-input.ts';
import { findUnknownModifiers } from './readers/unknown-modifiers.ts';
import { runView, type ViewRow, type ViewRowTrace } from './view/compile-view.ts';
import { createUnparseableNeed } from './work-item-texts.ts';

/** Resources to facts, or to the reason why not. */
export interface Mapper {
  /** Pure: the same resource in the same context gives the same answer. Never throws for what a sender can send. */
  map(resource: Resource, context: MappingContext): MappingResult;
  /** The same, row by row: which expression of which view matched which element, and what each row gave. */
  trace(resource: Resource, context: MappingContext): readonly MappingTrace[];
}

/** One row of one view, and what it gave; `cells` is empty for a contained resource, which is read as one. */
export interface MappingTrace {
  readonly view: string;
  readonly file: string;
  readonly cells: ViewRowTrace['cells'];
  readonly mapped: MappingResult;
}

/** The views of the type that read the version in which the resource is sent. */
function selectViews(
  { views }: CompiledMappings,
  resourceType: string,
  context: MappingContext,
): readonly MappingView[] {
  const version = context.fhirVersion ?? '4.0';
  return (views.get(resourceType) ?? []).filter(({ view }) => view.fhirVersions.includes(version));
}

type RowReader = (row: ViewRow, reading: ReaderInput) => MappingResult;

/** Which kind of row each reader turns into facts. */
const ROW_READERS: Readonly<Record<string, RowReader>> = {
  measurement: readObservation,
  administration: readMedicationAdministration,
  procedure: readProcedure,
  'adverse-event': readAdverseEvent,
  condition: readCondition,
  person: readPatient,
};

/** Kinds whose resources state nothing by themselves, with the reason for which they are ignored. */
const KINDS_WITHOUT_FACTS: Readonly<Record<string, readonly [reason: string, detail: string]>> = {
  product: ['kept-for-references', 'It states nothing by itself; resources that refer to it use it.'],
  specimen: ['kept-for-references', 'It states nothing by itself; resources that refer to it use it.'],
  enrolment: ['enrolment', 'It enrols a subject and states no fact.'],
  report: ['no-contained-results', 'Its results are read from their own Observations.'],
};

function readRows({ kind, view }: MappingView, reading: ReaderInput): MappingResult {
  const reader = ROW_READERS[kind];
  if (reader) return combineResults(runView(view, reading.resource).map((row) => reader(row, reading)));
  const [reason, detail] = KINDS_WITHOUT_FACTS[kind] ?? ['not-needed', 'The trial has no use for it.'];
  return toIgnoredResult(reason, reading.at, detail);
}

/** What each row of the view gives by itself. */
function traceView(made: MappingView, reading: ReaderInput): readonly MappingTrace[] {
  const { view, kind, file } = made;
  const reader = ROW_READERS[kind];
  const give = (row: ViewRow) =>
    holdIfMalformed(reading.at, () => (reader ? reader(row, reading) : readRows(made, reading)));
  const rows = view.traceRows(reading.resource).map(({ row, cells }) => ({ cells, mapped: give(row) }));
  const contained =
    kind === 'measurement' || kind === 'report' ? readContainedObservations(reading, readObservation) : [];
  return [...rows, ...contained.map((mapped) => ({ cells: [], mapped }))].map((each) => ({
    view: view.name,
    file,
    ...each,
  }));
}

/** A resource with a modifier that nobody understands states nothing; what was ignored stays so. */
function holdUnknownModifiers(mapped: MappingResult, resource: Resource, at: string): MappingResult {
  if (mapped.facts.length + mapped.work.length === 0) return mapped;
  const needs = findUnknownModifiers(resource, at);
  return needs.length > 0 ? toHeldResult(...needs) : mapped;
}

/** A resource whose shape is not FHIR's is bad data, not a broken world: it is held at the element that is wrong. */
function holdIfMalformed(at: string, read: () => MappingResult): MappingResult {
  try {
    return read();
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.code !== 'fhir/invalid') throw failure;
    const fix = 'Send the element as FHIR R4 defines it.';
    return toHeldResult(
      createUnparseableNeed(failure.at ?? at, 'shape', 'The resource does not have the shape of R4.', fix),
    );
  }
}

/**
 * The mapper of a mapping library: views, concept maps, unit maps, and what each study and site says differently: what
 * was decided wins, then the site, then the study.
 * Throws a `library/invalid` Failure with file, place and fix for the first part that cannot be used.
 */
export function createMapper(parts: MappingFiles): Mapper {
  const toolsOf = compileMappings(
    parts,
    new Set([...Object.keys(ROW_READERS), ...Object.keys(KINDS_WITHOUT_FACTS)]),
  );
  return {
    map(resource, context) {
      const at = resource.resourceType;
      const tools = toolsOf(context.study, context.site);
      const views = selectViews(tools, at, context);
      const reading: ReaderInput = { mappings: tools, context, resource, at };
      if (views.length === 0)
        return toIgnoredResult(
          'resource-type-not-needed',
          at,
          `The trial has no use for a resource of type ${at}.`,
        );
      return holdIfMalformed(at, () => {
        const own = combineResults(views.map((view) => readRows(view, reading)));
        const mapped = combineResults([...readContainedObservations(reading, readObservation), own]);
        return withDisplays(
          holdUnknownModifiers({ ...mapped, ...collectWarnings(mapped) }, resource, at),
          resource,
        );
      });
    },
    trace(resource, context) {
      const at = resource.resourceType;
      const tools = toolsOf(context.study, context.site);
      const reading: ReaderInput = { mappings: tools, context, resource, at };
      return selectViews(tools, at, context).flatMap((view) => traceView(view, reading));
    },
  };
}
