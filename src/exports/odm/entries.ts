import type { Source } from '../../trial/facts.ts';
import type { Protocol } from '../../trial/protocol.ts';
import { faultsIn, inconsistent } from '../cdisc/check.ts';
import type { Row } from '../cdisc/draft.ts';
import { subjectRows, valuesOf } from '../cdisc/tabulation.ts';
import type { Timeline } from '../cdisc/timeline.ts';
import type { Cell } from '../cdisc/variable.ts';
import { BASELINE } from '../cdisc/visits.ts';
import type { SubjectRecord } from '../format.ts';
import { namingOf } from '../trace/source-names.ts';
import { byColumn, type RowTrace, rowsOfSubject } from '../trace/trace.ts';
import { FORMS, type Form } from './forms.ts';

/** An event of a data capture system: baseline, a visit, or the course, which holds what belongs to no visit. */
export interface StudyEvent {
  /** Lower-case, such as `m1`. */
  readonly name: string;
  readonly label: string;
  readonly forms: readonly Form[];
}

function formsAt(...events: readonly Form['event'][]): readonly Form[] {
  return FORMS.filter(({ event }) => events.includes(event));
}

/** Baseline, the protocol's visits in their order, and the course. */
export function studyEvents({ visits }: Protocol): readonly StudyEvent[] {
  const planned = visits.map(({ id, name }) => ({
    name: id.toLowerCase(),
    label: name,
    forms: formsAt('visit'),
  }));
  return [
    { name: 'baseline', label: 'Baseline', forms: formsAt('baseline', 'visit') },
    ...planned,
    { name: 'course', label: 'Course, and unscheduled visits', forms: formsAt('course', 'visit') },
  ];
}

/** A filled form. `instance` counts from 1 within subject, event and form. */
export interface Entry {
  readonly event: string;
  readonly form: Form;
  readonly instance: number;
  /** In the order of the form's fields. */
  readonly values: readonly Cell[];
  /** Address within the subject, and what the record was made of. */
  readonly at: string;
  readonly from: readonly Source[];
}

/** The event of a record: its planned visit's; the course's for unscheduled visits and for what has no visit. */
function eventOf(form: Form, row: Row, protocol: Protocol): string {
  if (form.event !== 'visit') return form.event;
  const number = row.cells.VISITNUM ?? null;
  if (number === BASELINE.number) return 'baseline';
  const visit = number === null ? undefined : protocol.visits[Number(number) - 2];
  return visit?.id.toLowerCase() ?? 'course';
}

function checkedRows(form: Form, timeline: Timeline): readonly Row[] {
  const { dataset } = form;
  const rows = subjectRows(dataset, timeline);
  const [fault] = faultsIn(dataset, valuesOf(dataset, rows));
  if (fault) throw inconsistent(dataset, timeline.usubjid, fault);
  return rows;
}

/** One subject's filled forms, in the order of events, forms and records. The records are those of SDTM, checked. */
export function entriesOf(timeline: Timeline): readonly Entry[] {
  const { protocol } = timeline.head;
  const counts = new Map<string, number>();
  const entries = FORMS.flatMap((form) =>
    checkedRows(form, timeline).map((row): Entry => {
      const event = eventOf(form, row, protocol);
      const place = `${event}/${form.name}`;
      const instance = (counts.get(place) ?? 0) + 1;
      counts.set(place, instance);
      const cells: Readonly<Record<string, Cell>> = { ...row.more, ...row.cells };
      const values = form.fields.map(({ variable }) => cells[variable] ?? null);
      const at = [form.name, row.at].filter(Boolean).join('/');
      return { event, form, instance, values, at, from: row.from };
    }),
  );
  const events = studyEvents(protocol).map(({ name }) => name);
  return events.flatMap((event) => entries.filter((entry) => entry.event === event));
}

/** What stands behind one subject's filled forms: the fields of each, and where it stands. */
export function entryTraces(record: SubjectRecord, entries: readonly Entry[]): readonly RowTrace[] {
  const names = namingOf(record.facts);
  return rowsOfSubject(
    record.subject.subject,
    entries.map(({ event, form, instance, values, at, from }) => {
      const fields = byColumn(
        form.fields.map(({ name }) => name),
        values,
      );
      const repeat = form.repeating ? { instance } : {};
      return { at, values: { event, ...repeat, ...fields }, from: names(from) };
    }),
  );
}
