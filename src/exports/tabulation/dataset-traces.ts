import type { Subject } from '../../trial/facts.ts';
import type { SubjectRecord } from '../export-format.ts';
import { findResourceNamer, nameNothing as nameless, type ResourceNamer } from '../lineage/resource-names.ts';
import {
  addressSubjectRows,
  addressTrialRows,
  keyByColumn,
  type ProvenanceTrace,
  type RowTrace,
  type UnaddressedRow,
} from '../provenance-trace.ts';
import type { DatasetDefinition } from './dataset-definition.ts';
import type { EnrolmentTotals } from './dataset-extent.ts';
import type { TracedRecord } from './subject-records.ts';

/** What stands behind a subject's records. */
export function traceSubjectRecords(
  dataset: DatasetDefinition,
  { subject, facts }: SubjectRecord,
  rows: readonly TracedRecord[],
): readonly RowTrace[] {
  return addressSubjectRows(subject.subject, toTraceRows(dataset, rows, findResourceNamer(facts)));
}

function toTraceRows(
  { variables }: DatasetDefinition,
  rows: readonly TracedRecord[],
  naming: ResourceNamer,
): readonly UnaddressedRow[] {
  const names = variables.map(({ name }) => name);
  return rows.map(({ values, address: at, sources: from }) => ({
    at,
    values: keyByColumn(names, values),
    from: naming(from),
  }));
}

/** The parameters of TS that are counted or read over all subjects. */
const COUNTED_PARAMETERS = { ACTSUB: 'participants', SSTDTC: 'figure' } as const;

const isCountedParameter = (at: string): at is keyof typeof COUNTED_PARAMETERS => at in COUNTED_PARAMETERS;

/** What stands behind records about the trial: the protocol, or all subjects by their enrolment. */
export function traceTrialRecords(
  dataset: DatasetDefinition,
  rows: readonly TracedRecord[],
): readonly ProvenanceTrace[] {
  return addressTrialRows(toTraceRows(dataset, rows, nameless)).map((row) => {
    if (dataset.name !== 'TS' || !isCountedParameter(row.at)) return row;
    return { at: row.at, value: String(row.values.TSVAL ?? ''), counts: COUNTED_PARAMETERS[row.at] };
  });
}

/** The figures of a dataset about the trial that a subject is behind; null where it has none. */
export function traceTrialFigures(
  { name }: DatasetDefinition,
  { subject, consentedOn }: Subject,
  { firstConsent }: EnrolmentTotals,
): ProvenanceTrace | null {
  if (name !== 'TS') return null;
  const first = consentedOn === firstConsent ? { SSTDTC: [] } : {};
  return { subject, behind: { ACTSUB: [], ...first } };
}
