import { LosslessNumber } from 'lossless-json';
import { stringifyJson } from '../../fhir/json.ts';
import { type Assessment, assessmentIdentifier } from '../../trial/assessment.ts';
import type { Fact, Source } from '../../trial/facts.ts';
import type { ExportFormat, Piece, StudyInput, SubjectRecord } from '../format.ts';
import { compare } from '../tables/cells.ts';
import { assessmentSources, subjectTrace } from '../trace/course-sources.ts';
import { type Naming, namingOf, statedBy } from '../trace/source-names.ts';
import { rowsOfSubject, type Shown, type Unnamed } from '../trace/trace.ts';
import { assessmentObservation, factResource, type Json, researchSubject } from './resources.ts';

const TYPES = [
  'ResearchSubject',
  'Observation',
  'MedicationAdministration',
  'Procedure',
  'AdverseEvent',
  'Condition',
] as const;

/** Digits as they are: `1.50` is not 1.5. */
const number = (digits: string) => new LosslessNumber(digits);

const factOrder = (a: Fact, b: Fact) => compare(a.at.earliestDay, b.at.earliestDay) || compare(a.key, b.key);

/** A resource, with its address within the subject and the sources that it was made of. */
interface Made {
  readonly at: string;
  readonly resource: Json;
  readonly from: readonly Source[];
}

function factMade(fact: Fact, record: SubjectRecord): readonly Made[] {
  const resource = factResource(fact, record, number);
  if (resource === null) return [];
  const word = fact.kind === 'lab' ? fact.analyte : fact.kind;
  return [{ at: `${word}/${statedBy(fact.sources)}`, resource, from: fact.sources }];
}

function assessmentMade(assessment: Assessment, record: SubjectRecord): Made {
  const { kind, visit, scope, criteria } = assessment;
  const resource = assessmentObservation(assessment, record);
  return { at: `${kind}/${visit}/${scope}/${criteria.id}`, resource, from: assessmentSources(assessment) };
}

/** A subject's resources of all types, each with an id that is unique in the study and the same every time. */
function resourcesOf(record: SubjectRecord): readonly Made[] {
  const stated = [...record.facts].sort(factOrder).flatMap((fact) => factMade(fact, record));
  const assessed = [...record.judgement.assessments]
    .sort((a, b) => compare(assessmentIdentifier(a), assessmentIdentifier(b)))
    .map((assessment) => assessmentMade(assessment, record));
  const numbered = [...stated, ...assessed].map(({ resource, ...more }, index) => {
    const { resourceType, ...rest } = resource;
    return { ...more, resource: { resourceType, id: `${record.subject.subject}-${index + 1}`, ...rest } };
  });
  return [{ at: '', resource: researchSubject(record), from: [] }, ...numbered];
}

/** Every value of a resource by its place in it, such as `valueQuantity.value`; digits as they are. */
function leavesOf(value: unknown, path = ''): readonly (readonly [string, Shown])[] {
  if (value === undefined) return [];
  if (value instanceof LosslessNumber) return [[path, value.toString()]];
  if (typeof value !== 'object' || value === null) return [[path, value as Shown]];
  if (Array.isArray(value)) return value.flatMap((one, i) => leavesOf(one, `${path}[${i}]`));
  return Object.entries(value).flatMap(([key, one]) => leavesOf(one, path === '' ? key : `${path}.${key}`));
}

const traceOf = ({ at, resource, from }: Made, names: Naming): Unnamed => ({
  at,
  values: Object.fromEntries(leavesOf(resource)),
  from: names(from),
});

/** The output part of a Bulk Data manifest; there is no server, so files are named relative to it. */
function manifestOf(input: StudyInput, counts: ReadonlyMap<string, number>): string {
  const manifest = {
    transactionTime: `${input.asOf}T00:00:00Z`,
    request: `trial-adapter export ndjson --study ${input.protocol.id}`,
    requiresAccessToken: false,
    output: TYPES.map((type) => ({ type, url: `${type}.ndjson`, count: counts.get(type) ?? 0 })),
    error: [],
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

async function* write(input: StudyInput): AsyncIterable<Piece> {
  const counts = new Map<string, number>();
  for (const type of TYPES) yield { file: `${type}.ndjson`, content: '' };
  for await (const record of input.subjects()) {
    const resources = resourcesOf(record);
    const names = namingOf(record.facts);
    yield { file: 'ResearchSubject.ndjson', content: '', traces: [subjectTrace(record)] };
    for (const type of TYPES) {
      const ofType = resources.filter(({ resource }) => resource.resourceType === type);
      counts.set(type, (counts.get(type) ?? 0) + ofType.length);
      if (ofType.length === 0) continue;
      const content = ofType.map(({ resource }) => `${stringifyJson(resource)}\n`).join('');
      const traces = rowsOfSubject(
        record.subject.subject,
        ofType.map((made) => traceOf(made, names)),
      );
      yield { file: `${type}.ndjson`, content, traces };
    }
  }
  yield { file: 'manifest.json', content: manifestOf(input, counts) };
}

export const ndjson: ExportFormat = {
  id: 'ndjson',
  says: 'FHIR NDJSON by type under subject numbers, with a bulk manifest: FHIR research tools',
  write,
};
