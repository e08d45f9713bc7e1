import { LosslessNumber } from 'lossless-json';
import { stringifyJson } from '../../fhir/lossless-json.ts';
import type { Assessment } from '../../trial/assessment.ts';
import { formatAssessmentIdentifier } from '../../trial/assessment-identifier.ts';
import type { Fact, Source } from '../../trial/facts.ts';
import type { ExportFormat, FileChunk, StudyInput, SubjectRecord } from '../export-format.ts';
import { buildSubjectTrace, listAssessmentSources } from '../lineage/course-sources.ts';
import { buildStatementAddress, findResourceNamer, type ResourceNamer } from '../lineage/resource-names.ts';
import { addressSubjectRows, type ExportedValue, type UnaddressedRow } from '../provenance-trace.ts';
import { compareCodeUnits } from '../tables/fact-cells.ts';
import {
  buildFactResource,
  buildResearchAssessment,
  buildResearchSubject,
  type ResearchJson,
} from './research-resources.ts';

const EXPORTED_RESOURCE_TYPES = [
  'ResearchSubject',
  'Observation',
  'MedicationAdministration',
  'Procedure',
  'AdverseEvent',
  'Condition',
] as const;

/** Keeps the digits: `1.50` is not written as 1.5. */
const toLosslessNumber = (digits: string) => new LosslessNumber(digits);

const compareFactOrder = (a: Fact, b: Fact) =>
  compareCodeUnits(a.at.earliestDay, b.at.earliestDay) || compareCodeUnits(a.key, b.key);

/** A resource with its address within the subject and its sources. */
interface TracedResource {
  readonly address: string;
  readonly resource: ResearchJson;
  readonly sources: readonly Source[];
}

function traceFact(fact: Fact, record: SubjectRecord): readonly TracedResource[] {
  const resource = buildFactResource(fact, record, toLosslessNumber);
  if (resource === null) return [];
  const subtype = fact.kind === 'lab' ? fact.analyte : fact.kind;
  return [{ address: `${subtype}/${buildStatementAddress(fact.sources)}`, resource, sources: fact.sources }];
}

function traceAssessment(assessment: Assessment, record: SubjectRecord): TracedResource {
  const { kind, visit, scope, criteria } = assessment;
  const resource = buildResearchAssessment(assessment, record);
  return {
    address: `${kind}/${visit}/${scope}/${criteria.id}`,
    resource,
    sources: listAssessmentSources(assessment),
  };
}

/** Builds a subject's resources of all types. Ids are unique in the study, and the same data yield the same ids. */
function buildSubjectResources(record: SubjectRecord): readonly TracedResource[] {
  const factResources = [...record.facts].sort(compareFactOrder).flatMap((fact) => traceFact(fact, record));
  const assessmentResources = [...record.judgement.assessments]
    .sort((a, b) => compareCodeUnits(formatAssessmentIdentifier(a), formatAssessmentIdentifier(b)))
    .map((assessment) => traceAssessment(assessment, record));
  const numbered = [...factResources, ...assessmentResources].map(({ resource, ...provenance }, index) => {
    const { resourceType, ...rest } = resource;
    return {
      ...provenance,
      resource: { resourceType, id: `${record.subject.subject}-${index + 1}`, ...rest },
    };
  });
  return [{ address: '', resource: buildResearchSubject(record), sources: [] }, ...numbered];
}

/** Lists every value of a resource with its path, such as `valueQuantity.value`; numbers keep their digits. */
function flattenValues(value: unknown, path = ''): readonly (readonly [string, ExportedValue])[] {
  if (value === undefined) return [];
  if (value instanceof LosslessNumber) return [[path, value.toString()]];
  if (typeof value !== 'object' || value === null) return [[path, value as ExportedValue]];
  if (Array.isArray(value)) return value.flatMap((element, i) => flattenValues(element, `${path}[${i}]`));
  return Object.entries(value).flatMap(([key, child]) =>
    flattenValues(child, path === '' ? key : `${path}.${key}`),
  );
}

const toTraceRow = (
  { address, resource, sources }: TracedResource,
  nameResources: ResourceNamer,
): UnaddressedRow => ({
  at: address,
  values: Object.fromEntries(flattenValues(resource)),
  from: nameResources(sources),
});

/** Formats a FHIR Bulk Data manifest. There is no server, so its URLs are file names relative to the manifest. */
function formatBulkManifest(input: StudyInput, counts: ReadonlyMap<string, number>): string {
  const manifest = {
    transactionTime: `${input.asOf}T00:00:00Z`,
    request: `trial-adapter export ndjson --study ${input.protocol.id}`,
    requiresAccessToken: false,
    output: EXPORTED_RESOURCE_TYPES.map((type) => ({
      type,
      url: `${type}.ndjson`,
      count: counts.get(type) ?? 0,
    })),
    error: [],
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

async function* writeNdjson(input: StudyInput): AsyncIterable<FileChunk> {
  const counts = new Map<string, number>();
  for (const type of EXPORTED_RESOURCE_TYPES) yield { file: `${type}.ndjson`, content: '' };
  for await (const record of input.readSubjects()) {
    const resources = buildSubjectResources(record);
    const nameResources = findResourceNamer(record.facts);
    yield { file: 'ResearchSubject.ndjson', content: '', traces: [buildSubjectTrace(record)] };
    for (const type of EXPORTED_RESOURCE_TYPES) {
      const typeResources = resources.filter(({ resource }) => resource.resourceType === type);
      counts.set(type, (counts.get(type) ?? 0) + typeResources.length);
      if (typeResources.length === 0) continue;
      const content = typeResources.map(({ resource }) => `${stringifyJson(resource)}\n`).join('');
      const traces = addressSubjectRows(
        record.subject.subject,
        typeResources.map((resource) => toTraceRow(resource, nameResources)),
      );
      yield { file: `${type}.ndjson`, content, traces };
    }
  }
  yield { file: 'manifest.json', content: formatBulkManifest(input, counts) };
}

/** The study as FHIR resources, one NDJSON file for each type. */
export const ndjson: ExportFormat = {
  id: 'ndjson',
  purpose: 'FHIR NDJSON by type under subject numbers, with a bulk manifest: FHIR research tools',
  rowNumberColumns: /^id$/,
  write: writeNdjson,
};
