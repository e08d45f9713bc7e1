import type { Subject } from '../../trial/facts.ts';
import type { SubjectRecord } from '../export-format.ts';
import { findResourceNamer, nameNothing, type ResourceNamer } from '../lineage/resource-names.ts';
import {
  addressSubjectRows,
  addressTrialRows,
  type FigureKind,
  keyByColumn,
  type ProvenanceTrace,
  type RowTrace,
  type UnaddressedRow,
} from '../provenance-trace.ts';
import type { DatasetDefinition } from './dataset-definition.ts';
import type { EnrolmentTotals } from './dataset-extent.ts';
import type { TracedRecord } from './subject-records.ts';

/** Returns the provenance traces of a subject's records. */
export function traceSubjectRecords(
  dataset: DatasetDefinition,
  { subject, facts }: SubjectRecord,
  records: readonly TracedRecord[],
): readonly RowTrace[] {
  return addressSubjectRows(subject.subject, toTraceRows(dataset, records, findResourceNamer(facts)));
}

function toTraceRows(
  { variables }: DatasetDefinition,
  records: readonly TracedRecord[],
  nameResources: ResourceNamer,
): readonly UnaddressedRow[] {
  const columns = variables.map(({ name }) => name);
  return records.map(({ values, address, sources }) => ({
    at: address,
    values: keyByColumn(columns, values),
    from: nameResources(sources),
  }));
}

/** The summary parameters that are counted or derived over all subjects, by TSPARMCD. */
const COUNTED_PARAMETERS: ReadonlyMap<unknown, FigureKind> = new Map([
  ['ACTSUB', 'participants'],
  ['SSTDTC', 'figure'],
] as const);

/** Returns the traces of records about the trial: rows of the protocol, or figures over all subjects. */
export function traceTrialRecords(
  dataset: DatasetDefinition,
  records: readonly TracedRecord[],
): readonly ProvenanceTrace[] {
  return addressTrialRows(toTraceRows(dataset, records, nameNothing)).map((row) => {
    const counts = COUNTED_PARAMETERS.get(row.values.TSPARMCD);
    return counts === undefined ? row : { at: row.at, value: String(row.values.TSVAL ?? ''), counts };
  });
}

/** Returns the figures of a dataset about the trial to which a subject contributes; null where it has none. */
export function traceTrialFigures(
  { name }: DatasetDefinition,
  { subject, consentedOn }: Subject,
  { firstConsent }: EnrolmentTotals,
): ProvenanceTrace | null {
  if (name !== 'TS') return null;
  const studyStart = consentedOn === firstConsent ? { SSTDTC: [] } : {};
  return { subject, behind: { ACTSUB: [], ...studyStart } };
}
