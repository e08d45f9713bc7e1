import { Failure } from '../errors.ts';
import type { Resource } from '../fhir/resource.ts';
import { compileMappings, type MappingFiles, type MappingView } from './compile-mappings.ts';
import {
  combineResults,
  type MappingContext,
  type MappingResult,
  toHeldResult,
  toIgnoredResult,
} from './mapping-result.ts';
import { holdNotUnderstood } from './meaning/find-meaning-needs.ts';
import { isAdjudication, readAdjudication } from './readers/adjudication/adjudication.ts';
import { readAdverseEvent } from './readers/adverse-event.ts';
import { readCondition } from './readers/condition.ts';
import { readContainedObservations } from './readers/contained-observations.ts';
import { collectWarnings } from './readers/leukocyte-cross-check.ts';
import { readMedicationAdministration } from './readers/medication-administration.ts';
import { readObservation } from './readers/observation.ts';
import { readPatient } from './readers/patient.ts';
import { readProcedure } from './readers/procedure.ts';
import type { ReaderInput } from './readers/reader-input.ts';
import type { ViewCell, ViewRow } from './view/view-row.ts';
import { createUnparseableNeed } from './work-item-texts.ts';

/** Maps resources to facts, or states why there are none. */
export interface Mapper {
  /** Pure: the same resource in the same context has the same result. Never throws for anything that a sender can send. */
  map(resource: Resource, context: MappingContext): MappingResult;
  /** Maps row by row, and shows which expression of which view matched which element, and the result of each row. */
  trace(resource: Resource, context: MappingContext): readonly MappingTrace[];
}

/** One row of one view and its result. `cells` is empty for a contained resource, which is read as a whole. */
export interface MappingTrace {
  readonly view: string;
  readonly file: string;
  readonly cells: readonly ViewCell[];
  readonly mapped: MappingResult;
}

/**
 * Selects the views of the resource type that read the FHIR version in which the resource was sent. An adjudication is read by
 * its own view only, and that view reads nothing else: also where a site replaces a view.
 */
function selectViews({ mappings, resource, context }: ReaderInput): readonly MappingView[] {
  const fhirVersion = context.fhirVersion ?? '4.0';
  const views = mappings.views.get(resource.resourceType) ?? [];
  const isOfPerson = isAdjudication(resource, mappings, context.site);
  return views.filter(
    ({ view, kind }) => view.fhirVersions.includes(fhirVersion) && (kind === 'adjudication') === isOfPerson,
  );
}

type RowReader = (row: ViewRow, input: ReaderInput) => MappingResult;

/** The reader of each kind of view. */
const ROW_READERS: Readonly<Record<string, RowReader>> = {
  measurement: readObservation,
  administration: readMedicationAdministration,
  procedure: readProcedure,
  'adverse-event': readAdverseEvent,
  condition: readCondition,
  adjudication: readAdjudication,
  person: readPatient,
};

/** Kinds of views whose resources state no fact by themselves, with the reason for which they are ignored. */
const KINDS_WITHOUT_FACTS: Readonly<Record<string, readonly [reason: string, detail: string]>> = {
  product: [
    'kept-for-references',
    'The resource states no fact by itself; it is used by resources that refer to it.',
  ],
  specimen: [
    'kept-for-references',
    'The resource states no fact by itself; it is used by resources that refer to it.',
  ],
  enrolment: ['enrolment', 'The resource enrols a subject and states no fact.'],
  report: ['no-contained-results', 'The results of the report are read from their own Observations.'],
};

const ALL_KINDS: ReadonlySet<string> = new Set([
  ...Object.keys(ROW_READERS),
  ...Object.keys(KINDS_WITHOUT_FACTS),
]);

function ignoreKindWithoutFacts(kind: string, input: ReaderInput): MappingResult {
  const [reason, detail] = KINDS_WITHOUT_FACTS[kind] ?? [
    'not-needed',
    'The trial does not need the resource.',
  ];
  return toIgnoredResult(reason, input.at, detail);
}

function readRows({ kind, view }: MappingView, input: ReaderInput): MappingResult {
  const readRow = ROW_READERS[kind];
  return readRow
    ? combineResults(view.listRows(input.resource).map((row) => readRow(row, input)))
    : ignoreKindWithoutFacts(kind, input);
}

/** Returns the result of each row of the view by itself. */
function traceView({ view, kind, file }: MappingView, input: ReaderInput): readonly MappingTrace[] {
  const readRow = ROW_READERS[kind];
  const rows = view.listRows(input.resource).map((row) => ({
    cells: row.cells,
    mapped: readRow
      ? holdIfMalformed(input.at, () => holdNotUnderstood(readRow(row, input), input.resource, input))
      : ignoreKindWithoutFacts(kind, input),
  }));
  const canContainResults = kind === 'measurement' || kind === 'report';
  const containedResults =
    canContainResults && input.resource.contained !== undefined
      ? readContainedObservations(input, readObservation)
      : [];
  const contained = containedResults.map((mapped) => ({ cells: [], mapped }));
  return [...rows, ...contained].map((row) => ({ view: view.name, file, ...row }));
}

/** Holds a resource that does not have the shape of FHIR at the element that is wrong: it is bad data, not a defect. */
function holdIfMalformed(at: string, read: () => MappingResult): MappingResult {
  try {
    return read();
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.code !== 'fhir/invalid') throw failure;
    const detail = 'The element does not have the shape that FHIR R4 defines.';
    const fix = 'Send the element as FHIR R4 defines it.';
    return toHeldResult(createUnparseableNeed(failure.at ?? at, 'shape', detail, fix));
  }
}

function mapResource(input: ReaderInput): MappingResult {
  const { at } = input;
  const views = selectViews(input);
  if (views.length === 0) {
    const detail = `The trial does not need resources of type ${at}.`;
    return toIgnoredResult('resource-type-not-needed', at, detail);
  }
  return holdIfMalformed(at, () => {
    const mapped = combineResults([
      ...(input.resource.contained === undefined ? [] : readContainedObservations(input, readObservation)),
      combineResults(views.map((view) => readRows(view, input))),
    ]);
    // A single result has no other one of its resource to be compared with.
    const warned = mapped.facts.length > 1 ? { ...mapped, ...collectWarnings(mapped) } : mapped;
    return holdNotUnderstood(warned, input.resource, input);
  });
}

/**
 * Creates the mapper of a mapping library: its views, concept maps and unit maps, with the overrides of studies, sites and
 * decisions. Decisions take precedence over the site, and the site over the study.
 * Throws a MappingFailure with file, place and fix for the first file that cannot be used.
 */
export function createMapper(files: MappingFiles): Mapper {
  const selectMappings = compileMappings(files, ALL_KINDS);
  const buildInput = (resource: Resource, context: MappingContext): ReaderInput => ({
    mappings: selectMappings(context.study, context.site),
    context,
    resource,
    at: resource.resourceType,
  });
  return {
    map: (resource, context) => mapResource(buildInput(resource, context)),
    trace(resource, context) {
      const input = buildInput(resource, context);
      return selectViews(input).flatMap((view) => traceView(view, input));
    },
  };
}
