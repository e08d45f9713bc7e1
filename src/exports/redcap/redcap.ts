import { formatCsvRow } from '../../csv-row.ts';
import type { Protocol } from '../../trial/protocol.ts';
import type { ExportFormat } from '../export-format.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import { CASE_REPORT_FORMS } from '../odm/case-report-forms.ts';
import { buildFormEntries, type FormEntry, listStudyEvents, traceFormEntries } from '../odm/form-entries.ts';
import type { DatasetCell } from '../tabulation/dataset-definition.ts';
import { buildTimeline, createStudyContext } from '../tabulation/subject-timeline.ts';
import { formatRedcapDictionary } from './redcap-dictionary.ts';

/** Returns the unique name that REDCap derives for an event of its first arm. */
function toUniqueEventName(event: string): string {
  return `${event}_arm_1`;
}

function formatEvents(protocol: Protocol): string {
  const header = formatCsvRow(['event_name', 'arm_num', 'unique_event_name', 'custom_event_label']);
  return [
    header,
    ...listStudyEvents(protocol).map(({ name, label }) =>
      formatCsvRow([name, 1, toUniqueEventName(name), label]),
    ),
  ].join('');
}

function formatInstrumentMapping(protocol: Protocol): string {
  const rows = listStudyEvents(protocol).flatMap(({ name, forms }) =>
    forms.map((form) => [1, toUniqueEventName(name), form.name]),
  );
  return [formatCsvRow(['arm_num', 'unique_event_name', 'form']), ...rows.map(formatCsvRow)].join('');
}

function formatRepeatingInstruments(protocol: Protocol): string {
  const rows = listStudyEvents(protocol).flatMap(({ name, forms }) =>
    forms.flatMap((form) => (form.repeating ? [[toUniqueEventName(name), form.name, '']] : [])),
  );
  return [formatCsvRow(['event_name', 'form_name', 'custom_form_label']), ...rows.map(formatCsvRow)].join('');
}

const RECORD_COLUMNS = [
  'record_id',
  'redcap_event_name',
  'redcap_repeat_instrument',
  'redcap_repeat_instance',
];

function formatRecordHeader(): string {
  const columns = CASE_REPORT_FORMS.flatMap(({ name, fields }) => [
    ...fields.map((field) => field.name),
    `${name}_complete`,
  ]);
  return formatCsvRow([...RECORD_COLUMNS, ...columns]);
}

/** The code with which REDCap marks a form as complete. */
const FORM_COMPLETE = 2;

/** Formats one row of records: the fields of the entry's form are filled, those of all other forms are empty. */
function formatRecordRow(subject: string, { event, form, instance, values }: FormEntry): string {
  const repeat: readonly DatasetCell[] = form.repeating ? [form.name, instance] : [null, null];
  const cells = CASE_REPORT_FORMS.flatMap((recordForm): readonly DatasetCell[] =>
    recordForm === form ? [...values, FORM_COMPLETE] : [...recordForm.fields.map(() => null), null],
  );
  return formatCsvRow([subject, toUniqueEventName(event), ...repeat, ...cells]);
}

/**
 * A REDCap project: data dictionary, events, the forms of each event, repeating forms and records, to be imported in this
 * order. There are no data access groups: the site is a field. Dates may be partial, so they are text fields.
 */
export const redcap: ExportFormat = {
  id: 'redcap',
  purpose:
    'a REDCap project: data dictionary, events, repeating instruments and records that import together',
  rowNumberColumns: /^instance$/,
  async *write(input) {
    const study = createStudyContext(input);
    yield { file: 'redcap/1-dictionary.csv', content: formatRedcapDictionary() };
    yield { file: 'redcap/2-events.csv', content: formatEvents(study.protocol) };
    yield { file: 'redcap/3-instrument-event-mapping.csv', content: formatInstrumentMapping(study.protocol) };
    yield { file: 'redcap/4-repeating-instruments.csv', content: formatRepeatingInstruments(study.protocol) };
    const file = 'redcap/5-records.csv';
    yield { file, content: formatRecordHeader() };
    for await (const record of input.readSubjects()) {
      const { subject } = record.subject;
      const entries = buildFormEntries(buildTimeline(study, record));
      const content = entries.map((entry) => formatRecordRow(subject, entry)).join('');
      yield { file, content, traces: [buildSubjectTrace(record), ...traceFormEntries(record, entries)] };
    }
  },
};
