import { Failure } from '../errors.ts';
import type { Resource } from '../fhir/resource.ts';
import { readAdministration } from './administration.ts';
import { readAdverseEvent } from './adverse-event.ts';
import { readCondition } from './condition.ts';
import { readContained } from './contained.ts';
import { warningsOf } from './cross-check.ts';
import { withDisplays } from './displays.ts';
import { type MappingParts, readLibrary } from './library-parts.ts';
import type { Mapped, MappingContext } from './mapped.ts';
import { readMeasurement } from './measurement.ts';
import { unknownModifiers } from './modifiers.ts';
import { unparseable } from './needs.ts';
import { readPerson } from './person.ts';
import { readProcedure } from './procedure.ts';
import type { KindOfView, Reading, Tools } from './reading.ts';
import { combine, held, ignored } from './results.ts';
import { type Row, runView, type TracedRow } from './view/compile.ts';

/** Resources to facts, or to the reason why not. */
export interface Mapper {
  /** Pure: the same resource in the same context gives the same answer. Never throws for what a sender can send. */
  map(resource: Resource, context: MappingContext): Mapped;
  /** The same, row by row: which expression of which view matched which element, and what each row gave. */
  trace(resource: Resource, context: MappingContext): readonly Traced[];
}

/** One row of one view, and what it gave; `cells` is empty for a contained resource, which is read as one. */
export interface Traced {
  readonly view: string;
  readonly file: string;
  readonly cells: TracedRow['cells'];
  readonly mapped: Mapped;
}

/** The views of the type that read the version in which the resource is sent. */
function viewsFor({ views }: Tools, resourceType: string, context: MappingContext): readonly KindOfView[] {
  const version = context.fhirVersion ?? '4.0';
  return (views.get(resourceType) ?? []).filter(({ view }) => view.fhirVersions.includes(version));
}

type Reader = (row: Row, reading: Reading) => Mapped;

/** Which kind of row each reader turns into facts. */
const READERS: Readonly<Record<string, Reader>> = {
  measurement: readMeasurement,
  administration: readAdministration,
  procedure: readProcedure,
  'adverse-event': readAdverseEvent,
  condition: readCondition,
  person: readPerson,
};

/** Kinds whose resources state nothing by themselves, with the reason for which they are ignored. */
const SILENT: Readonly<Record<string, readonly [reason: string, detail: string]>> = {
  product: ['kept-for-references', 'It states nothing by itself; resources that refer to it use it.'],
  specimen: ['kept-for-references', 'It states nothing by itself; resources that refer to it use it.'],
  enrolment: ['enrolment', 'It enrols a subject and states no fact.'],
  report: ['no-contained-results', 'Its results are read from their own Observations.'],
};

function readWith({ kind, view }: KindOfView, reading: Reading): Mapped {
  const reader = READERS[kind];
  if (reader) return combine(runView(view, reading.resource).map((row) => reader(row, reading)));
  const [reason, detail] = SILENT[kind] ?? ['not-needed', 'The trial has no use for it.'];
  return ignored(reason, reading.at, detail);
}

/** What each row of the view gives by itself. */
function traceOf(made: KindOfView, reading: Reading): readonly Traced[] {
  const { view, kind, file } = made;
  const reader = READERS[kind];
  const give = (row: Row) =>
    heldIfMalformed(reading.at, () => (reader ? reader(row, reading) : readWith(made, reading)));
  const rows = view.traced(reading.resource).map(({ row, cells }) => ({ cells, mapped: give(row) }));
  const contained =
    kind === 'measurement' || kind === 'report' ? readContained(reading, readMeasurement) : [];
  return [...rows, ...contained.map((mapped) => ({ cells: [], mapped }))].map((each) => ({
    view: view.name,
    file,
    ...each,
  }));
}

/** A resource with a modifier that nobody understands states nothing; what was ignored stays so. */
function withoutModifiers(mapped: Mapped, resource: Resource, at: string): Mapped {
  if (mapped.facts.length + mapped.work.length === 0) return mapped;
  const needs = unknownModifiers(resource, at);
  return needs.length > 0 ? held(...needs) : mapped;
}

/** A resource whose shape is not FHIR's is bad data, not a broken world: it is held at the element that is wrong. */
function heldIfMalformed(at: string, read: () => Mapped): Mapped {
  try {
    return read();
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.code !== 'fhir/invalid') throw failure;
    const fix = 'Send the element as FHIR R4 defines it.';
    return held(unparseable(failure.at ?? at, 'shape', 'The resource does not have the shape of R4.', fix));
  }
}

/**
 * The mapper of a mapping library: views, concept maps, unit maps, and what each study and site says differently: what
 * was decided wins, then the site, then the study.
 * Throws a `library/invalid` Failure with file, place and fix for the first part that cannot be used.
 */
export function createMapper(parts: MappingParts): Mapper {
  const toolsOf = readLibrary(parts, new Set([...Object.keys(READERS), ...Object.keys(SILENT)]));
  return {
    map(resource, context) {
      const at = resource.resourceType;
      const tools = toolsOf(context.study, context.site);
      const views = viewsFor(tools, at, context);
      const reading: Reading = { tools, context, resource, at };
      if (views.length === 0)
        return ignored('resource-type-not-needed', at, `The trial has no use for a resource of type ${at}.`);
      return heldIfMalformed(at, () => {
        const own = combine(views.map((view) => readWith(view, reading)));
        const mapped = combine([...readContained(reading, readMeasurement), own]);
        return withDisplays(withoutModifiers({ ...mapped, ...warningsOf(mapped) }, resource, at), resource);
      });
    },
    trace(resource, context) {
      const at = resource.resourceType;
      const tools = toolsOf(context.study, context.site);
      const reading: Reading = { tools, context, resource, at };
      return viewsFor(tools, at, context).flatMap((view) => traceOf(view, reading));
    },
  };
}
