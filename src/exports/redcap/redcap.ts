import type { Protocol } from '../../trial/protocol.ts';
import { csvRow } from '../cdisc/csv-row.ts';
import { headOf, timelineOf } from '../cdisc/timeline.ts';
import type { Cell } from '../cdisc/variable.ts';
import type { ExportFormat } from '../format.ts';
import { type Entry, entriesOf, entryTraces, studyEvents } from '../odm/entries.ts';
import { FORMS } from '../odm/forms.ts';
import { subjectTrace } from '../trace/course-sources.ts';
import { dictionary } from './dictionary.ts';

/** The name that REDCap gives an event of its first arm. */
function uniqueName(event: string): string {
  return `${event}_arm_1`;
}

function eventLines(protocol: Protocol): string {
  const header = csvRow(['event_name', 'arm_num', 'unique_event_name', 'custom_event_label']);
  return [
    header,
    ...studyEvents(protocol).map(({ name, label }) => csvRow([name, 1, uniqueName(name), label])),
  ].join('');
}

function mappingLines(protocol: Protocol): string {
  const places = studyEvents(protocol).flatMap(({ name, forms }) =>
    forms.map((form) => [1, uniqueName(name), form.name]),
  );
  return [csvRow(['arm_num', 'unique_event_name', 'form']), ...places.map(csvRow)].join('');
}

function repeatingLines(protocol: Protocol): string {
  const places = studyEvents(protocol).flatMap(({ name, forms }) =>
    forms.flatMap((form) => (form.repeating ? [[uniqueName(name), form.name, '']] : [])),
  );
  return [csvRow(['event_name', 'form_name', 'custom_form_label']), ...places.map(csvRow)].join('');
}

const RECORD = ['record_id', 'redcap_event_name', 'redcap_repeat_instrument', 'redcap_repeat_instance'];

function recordHeader(): string {
  const columns = FORMS.flatMap(({ name, fields }) => [
    ...fields.map((field) => field.name),
    `${name}_complete`,
  ]);
  return csvRow([...RECORD, ...columns]);
}

/** REDCap's code of a form that is complete. */
const COMPLETE = 2;

/** One line: the fields of the entry's own form, all other forms empty. */
function recordLine(subject: string, { event, form, instance, values }: Entry): string {
  const repeat: readonly Cell[] = form.repeating ? [form.name, instance] : [null, null];
  const cells = FORMS.flatMap((other): readonly Cell[] =>
    other === form ? [...values, COMPLETE] : [...other.fields.map(() => null), null],
  );
  return csvRow([subject, uniqueName(event), ...repeat, ...cells]);
}

/**
 * A REDCap project: dictionary, events, which form is where, which forms repeat, and the records; to be imported in this
 * order. No data access groups: the site is a field. Dates may be partial, so they are text fields.
 */
export const redcap: ExportFormat = {
  id: 'redcap',
  says: 'a REDCap project: data dictionary, events, repeating instruments and records that import together',
  async *write(input) {
    const head = headOf(input);
    yield { file: 'redcap/1-dictionary.csv', content: dictionary() };
    yield { file: 'redcap/2-events.csv', content: eventLines(head.protocol) };
    yield { file: 'redcap/3-instrument-event-mapping.csv', content: mappingLines(head.protocol) };
    yield { file: 'redcap/4-repeating-instruments.csv', content: repeatingLines(head.protocol) };
    const file = 'redcap/5-records.csv';
    yield { file, content: recordHeader() };
    for await (const record of input.subjects()) {
      const { subject } = record.subject;
      const entries = entriesOf(timelineOf(head, record));
      const content = entries.map((entry) => recordLine(subject, entry)).join('');
      yield { file, content, traces: [subjectTrace(record), ...entryTraces(record, entries)] };
    }
  },
};
