import type { Source } from '../../trial/facts.ts';
import type { Protocol } from '../../trial/protocol.ts';
import type { SubjectRecord } from '../export-format.ts';
import { findResourceNamer } from '../lineage/resource-names.ts';
import { addressSubjectRows, keyByColumn, type RowTrace } from '../provenance-trace.ts';
import { createInconsistencyFailure, findViolations } from '../tabulation/conformance-rules.ts';
import type { DatasetCell } from '../tabulation/dataset-definition.ts';
import type { DatasetRecord } from '../tabulation/record-drafts.ts';
import { buildSubjectRecords, toRecordValues } from '../tabulation/subject-records.ts';
import type { SubjectTimeline } from '../tabulation/subject-timeline.ts';
import { BASELINE_VISIT } from '../tabulation/visit-numbers.ts';
import { CASE_REPORT_FORMS, type CaseReportForm } from './case-report-forms.ts';

/** An event of a data capture system: baseline, a visit, or the course, which holds what belongs to no visit. */
export interface StudyEvent {
  /** Lower-case, such as `m1`. */
  readonly name: string;
  readonly label: string;
  readonly forms: readonly CaseReportForm[];
}

function selectFormsOfEvents(...events: readonly CaseReportForm['event'][]): readonly CaseReportForm[] {
  return CASE_REPORT_FORMS.filter(({ event }) => events.includes(event));
}

/** Baseline, the protocol's visits in their order, and the course. */
export function listStudyEvents({ visits }: Protocol): readonly StudyEvent[] {
  const planned = visits.map(({ id, name }) => ({
    name: id.toLowerCase(),
    label: name,
    forms: selectFormsOfEvents('visit'),
  }));
  return [
    { name: 'baseline', label: 'Baseline', forms: selectFormsOfEvents('baseline', 'visit') },
    ...planned,
    {
      name: 'course',
      label: 'Course, and unscheduled visits',
      forms: selectFormsOfEvents('course', 'visit'),
    },
  ];
}

/** A filled form. `instance` counts from 1 within subject, event and form. */
export interface FormEntry {
  readonly event: string;
  readonly form: CaseReportForm;
  readonly instance: number;
  /** In the order of the form's fields. */
  readonly values: readonly DatasetCell[];
  /** Address within the subject, and what the record was made of. */
  readonly address: string;
  readonly sources: readonly Source[];
}

/** The event of a record: its planned visit's; the course's for unscheduled visits and for what has no visit. */
function resolveStudyEvent(form: CaseReportForm, row: DatasetRecord, protocol: Protocol): string {
  if (form.event !== 'visit') return form.event;
  const number = row.cells.VISITNUM ?? null;
  if (number === BASELINE_VISIT.number) return 'baseline';
  const visit = number === null ? undefined : protocol.visits[Number(number) - 2];
  return visit?.id.toLowerCase() ?? 'course';
}

function buildCheckedRecords(form: CaseReportForm, timeline: SubjectTimeline): readonly DatasetRecord[] {
  const { dataset } = form;
  const rows = buildSubjectRecords(dataset, timeline);
  const [fault] = findViolations(dataset, toRecordValues(dataset, rows));
  if (fault) throw createInconsistencyFailure(dataset, timeline.usubjid, fault);
  return rows;
}

/** One subject's filled forms, in the order of events, forms and records. The records are those of SDTM, checked. */
export function buildFormEntries(timeline: SubjectTimeline): readonly FormEntry[] {
  const { protocol } = timeline.study;
  const counts = new Map<string, number>();
  const entries = CASE_REPORT_FORMS.flatMap((form) =>
    buildCheckedRecords(form, timeline).map((row): FormEntry => {
      const event = resolveStudyEvent(form, row, protocol);
      const place = `${event}/${form.name}`;
      const instance = (counts.get(place) ?? 0) + 1;
      counts.set(place, instance);
      const cells: Readonly<Record<string, DatasetCell>> = { ...row.qualifiers, ...row.cells };
      const values = form.fields.map(({ variable }) => cells[variable] ?? null);
      const at = [form.name, row.address].filter(Boolean).join('/');
      return { event, form, instance, values, address: at, sources: row.sources };
    }),
  );
  const events = listStudyEvents(protocol).map(({ name }) => name);
  return events.flatMap((event) => entries.filter((entry) => entry.event === event));
}

/** What stands behind one subject's filled forms: the fields of each, and where it stands. */
export function traceFormEntries(record: SubjectRecord, entries: readonly FormEntry[]): readonly RowTrace[] {
  const names = findResourceNamer(record.facts);
  return addressSubjectRows(
    record.subject.subject,
    entries.map(({ event, form, instance, values, address: at, sources: from }) => {
      const fields = keyByColumn(
        form.fields.map(({ name }) => name),
        values,
      );
      const repeat = form.repeating ? { instance } : {};
      return { at, values: { event, ...repeat, ...fields }, from: names(from) };
    }),
  );
}
