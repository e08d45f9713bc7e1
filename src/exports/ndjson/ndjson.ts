import { LosslessNumber } from 'lossless-json';
import { stringifyJson } from '../../fhir/json.ts';
import { assessmentIdentifier } from '../../trial/assessment.ts';
import type { Fact } from '../../trial/facts.ts';
import type { ExportFormat, Piece, StudyInput, SubjectRecord } from '../format.ts';
import { compare } from '../tables/cells.ts';
import { assessmentObservation, factResource, type Json, researchSubject } from './resources.ts';

const TYPES = [
  'ResearchSubject',
  'Observation',
  'MedicationAdministration',
  'Procedure',
  'AdverseEvent',
] as const;

/** Digits as they are: `1.50` is not 1.5. */
const number = (digits: string) => new LosslessNumber(digits);

const factOrder = (a: Fact, b: Fact) => compare(a.at.earliestDay, b.at.earliestDay) || compare(a.key, b.key);

/** A subject's resources of all types, each with an id that is unique in the study and the same every time. */
function resourcesOf(record: SubjectRecord): readonly Json[] {
  const facts = [...record.facts].sort(factOrder).map((fact) => factResource(fact, record, number));
  const stated = facts.filter((resource) => resource !== null);
  const assessed = [...record.judgement.assessments]
    .sort((a, b) => compare(assessmentIdentifier(a), assessmentIdentifier(b)))
    .map((assessment) => assessmentObservation(assessment, record));
  const numbered = [...stated, ...assessed].map((resource, index) => {
    const { resourceType, ...rest } = resource;
    return { resourceType, id: `${record.subject.subject}-${index + 1}`, ...rest };
  });
  return [researchSubject(record), ...numbered];
}

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
    for (const type of TYPES) {
      const ofType = resources.filter(({ resourceType }) => resourceType === type);
      counts.set(type, (counts.get(type) ?? 0) + ofType.length);
      const lines = ofType.map((resource) => `${stringifyJson(resource)}\n`);
      if (lines.length > 0) yield { file: `${type}.ndjson`, content: lines.join('') };
    }
  }
  yield { file: 'manifest.json', content: manifestOf(input, counts) };
}

export const ndjson: ExportFormat = {
  id: 'ndjson',
  says: 'FHIR NDJSON by type under subject numbers, with a bulk manifest: FHIR research tools',
  write,
};
