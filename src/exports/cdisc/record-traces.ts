import type { Subject } from '../../trial/facts.ts';
import type { SubjectRecord } from '../format.ts';
import { type Naming, unnamed as nameless, namingOf } from '../trace/source-names.ts';
import {
  byColumn,
  type RowTrace,
  rowsOfSubject,
  rowsOfTrial,
  type Trace,
  type Unnamed,
} from '../trace/trace.ts';
import type { Enrolment } from './survey.ts';
import type { Written } from './tabulation.ts';
import type { DatasetDefinition } from './variable.ts';

/** What stands behind a subject's records. */
export function recordTraces(
  dataset: DatasetDefinition,
  { subject, facts }: SubjectRecord,
  rows: readonly Written[],
): readonly RowTrace[] {
  return rowsOfSubject(subject.subject, shownBy(dataset, rows, namingOf(facts)));
}

function shownBy(
  { variables }: DatasetDefinition,
  rows: readonly Written[],
  naming: Naming,
): readonly Unnamed[] {
  const names = variables.map(({ name }) => name);
  return rows.map(({ values, at, from }) => ({ at, values: byColumn(names, values), from: naming(from) }));
}

/** The parameters of TS that are counted or read over all subjects. */
const COUNTED = { ACTSUB: 'participants', SSTDTC: 'figure' } as const;

const isCounted = (at: string): at is keyof typeof COUNTED => at in COUNTED;

/** What stands behind records about the trial: the protocol, or all subjects by their enrolment. */
export function trialTraces(dataset: DatasetDefinition, rows: readonly Written[]): readonly Trace[] {
  return rowsOfTrial(shownBy(dataset, rows, nameless)).map((row) => {
    if (dataset.name !== 'TS' || !isCounted(row.at)) return row;
    return { at: row.at, value: String(row.values.TSVAL ?? ''), counts: COUNTED[row.at] };
  });
}

/** The figures of a dataset about the trial that a subject is behind; null where it has none. */
export function behindTrial(
  { name }: DatasetDefinition,
  { subject, consentedOn }: Subject,
  { firstConsent }: Enrolment,
): Trace | null {
  if (name !== 'TS') return null;
  const first = consentedOn === firstConsent ? { SSTDTC: [] } : {};
  return { subject, behind: { ACTSUB: [], ...first } };
}
