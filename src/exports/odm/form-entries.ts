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
import { CASE_REPORT_FORMS, type CaseReportForm } from './case-report-forms.ts';

/** An event of a data capture system: baseline, a visit, or the course (for records without a planned visit). */
export interface StudyEvent {
  /** Lower-case, such as `m1`. */
  readonly name: string;
  readonly label: string;
  readonly forms: readonly CaseReportForm[];
}

function selectFormsOfEvents(...events: readonly CaseReportForm['event'][]): readonly CaseReportForm[] {
  return CASE_REPORT_FORMS.filter(({ event }) => events.includes(event));
}

/** Lists the events: baseline, the protocol's visits in their order, and the course. */
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
  /** Address within the subject. */
  readonly address: string;
  readonly sources: readonly Source[];
}

/**
 * Resolves the event of a record: the event of its planned visit; the course where it has no visit or an unscheduled one.
 */
function resolveStudyEvent({ event }: CaseReportForm, { visit }: DatasetRecord): string {
  if (event !== 'visit') return event;
  if (visit?.kind === 'baseline') return 'baseline';
  return visit?.id?.toLowerCase() ?? 'course';
}

function buildCheckedRecords(form: CaseReportForm, timeline: SubjectTimeline): readonly DatasetRecord[] {
  const { dataset } = form;
  const records = buildSubjectRecords(dataset, timeline);
  const [violation] = findViolations(dataset, toRecordValues(dataset, records));
  if (violation) throw createInconsistencyFailure(dataset, timeline.usubjid, violation);
  return records;
}

/**
 * Builds one subject's filled forms, in the order of events, forms and records. The records are the SDTM records; throws
 * `exports/inconsistent` where one breaks a rule.
 */
export function buildFormEntries(timeline: SubjectTimeline): readonly FormEntry[] {
  const { protocol } = timeline.study;
  const counts = new Map<string, number>();
  const entries = CASE_REPORT_FORMS.flatMap((form) =>
    buildCheckedRecords(form, timeline).map((record): FormEntry => {
      const event = resolveStudyEvent(form, record);
      const place = `${event}/${form.name}`;
      const instance = (counts.get(place) ?? 0) + 1;
      counts.set(place, instance);
      const cells: Readonly<Record<string, DatasetCell>> = { ...record.qualifiers, ...record.cells };
      const values = form.fields.map(({ variable }) => cells[variable] ?? null);
      const address = [form.name, record.address].filter(Boolean).join('/');
      return { event, form, instance, values, address, sources: record.sources };
    }),
  );
  const events = listStudyEvents(protocol).map(({ name }) => name);
  return events.flatMap((event) => entries.filter((entry) => entry.event === event));
}

/** Returns the provenance traces of one subject's filled forms. */
export function traceFormEntries(record: SubjectRecord, entries: readonly FormEntry[]): readonly RowTrace[] {
  const nameResources = findResourceNamer(record.facts);
  return addressSubjectRows(
    record.subject.subject,
    entries.map(({ event, form, instance, values, address, sources }) => {
      const fields = keyByColumn(
        form.fields.map(({ name }) => name),
        values,
      );
      const repeat = form.repeating ? { instance } : {};
      return { at: address, values: { event, ...repeat, ...fields }, from: nameResources(sources) };
    }),
  );
}
