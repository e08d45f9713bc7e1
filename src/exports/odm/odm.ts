import { create } from 'xmlbuilder2';
import type { Protocol } from '../../trial/protocol.ts';
import type { ExportFormat, StudyInput } from '../export-format.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import { buildTimeline, createStudyContext } from '../tabulation/subject-timeline.ts';
import { CASE_REPORT_FORMS } from './case-report-forms.ts';
import { buildFormEntries, type FormEntry, listStudyEvents, traceFormEntries } from './form-entries.ts';
import { buildStudyElement } from './odm-metadata.ts';

/** Elements as text, without the XML declaration. */
function formatXmlFragment(elements: object): string {
  return create(elements).end({ headless: true, prettyPrint: true });
}

const XML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

/** What XML 1.0 has no way to write at all. */
const INVALID_XML_CHARACTERS = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/**
 * An element with attributes, written by hand: the data of a large study are all such elements, and a document builder
 * takes ten times as long. Characters that XML cannot hold become U+FFFD.
 */
function formatElement(
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly string[],
): string {
  const written = Object.entries(attributes).map(([attribute, value]) => {
    const safe = value
      .replace(INVALID_XML_CHARACTERS, '\uFFFD')
      .replace(/[&<>"\t\n\r]/g, (found) => XML_ESCAPES[found] ?? found);
    return ` ${attribute}="${safe}"`;
  });
  const start = `<${name}${written.join('')}`;
  return children.length === 0 ? `${start}/>\n` : `${start}>\n${children.join('')}</${name}>\n`;
}

function formatItemGroupData({ form, instance, values }: FormEntry): string {
  const items = form.fields.flatMap((field, i) => {
    const value = values[i] ?? null;
    return value === null
      ? []
      : [formatElement('ItemData', { ItemOID: `I.${field.name}`, Value: String(value) }, [])];
  });
  const repeat = form.repeating ? { ItemGroupRepeatKey: String(instance) } : {};
  return formatElement('ItemGroupData', { ItemGroupOID: `IG.${form.name}`, ...repeat }, items);
}

function listFormData(entries: readonly FormEntry[]): readonly string[] {
  return CASE_REPORT_FORMS.flatMap((form) => {
    const filled = entries.filter((entry) => entry.form === form);
    return filled.length === 0
      ? []
      : [formatElement('FormData', { FormOID: `F.${form.name}` }, filled.map(formatItemGroupData))];
  });
}

function formatSubjectData(subject: string, entries: readonly FormEntry[], protocol: Protocol): string {
  const events = listStudyEvents(protocol).flatMap(({ name }) => {
    const forms = listFormData(entries.filter(({ event }) => event === name));
    return forms.length === 0
      ? []
      : [formatElement('StudyEventData', { StudyEventOID: `SE.${name}` }, forms)];
  });
  return formatElement('SubjectData', { SubjectKey: subject }, events);
}

/** The root's start tag. The day of judging stands for the time of creation: the same data give the same bytes. */
function formatRootTag(input: StudyInput, id: string): string {
  const attributes = {
    xmlns: 'http://www.cdisc.org/ns/odm/v1.3',
    ODMVersion: '1.3.2',
    FileOID: `ODM.${id}.${input.asOf}`,
    FileType: 'Snapshot',
    CreationDateTime: `${input.asOf}T00:00:00Z`,
    SourceSystem: 'fhir-trial-adapter',
    SourceSystemVersion: input.versions.software,
  };
  const root = formatXmlFragment({
    ODM: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`@${name}`, value])),
  });
  return root.replace(/\/>$/, '>');
}

/** ODM 1.3.2, snapshot, with its metadata: for OpenClinica and other data capture systems. Written subject by subject. */
export const odm: ExportFormat = {
  id: 'odm',
  purpose: 'CDISC ODM 1.3.2 with metadata and clinical data, for data capture systems',
  rowNumberColumns: /^instance$/,
  async *write(input) {
    const head = createStudyContext(input);
    const file = 'odm/odm.xml';
    const [study, metadata] = [`STDY.${head.id}`, `MDV.${head.id}.${head.protocol.version}`];
    yield { file, content: `<?xml version="1.0" encoding="UTF-8"?>\n${formatRootTag(input, head.id)}\n` };
    yield { file, content: `${formatXmlFragment({ Study: buildStudyElement(head, study, metadata) })}\n` };
    const clinical = formatXmlFragment({
      ClinicalData: { '@StudyOID': study, '@MetaDataVersionOID': metadata },
    });
    yield { file, content: `${clinical.replace(/\/>$/, '>')}\n` };
    for await (const record of input.readSubjects()) {
      const { subject } = record.subject;
      const entries = buildFormEntries(buildTimeline(head, record));
      const content = formatSubjectData(subject, entries, head.protocol);
      yield { file, content, traces: [buildSubjectTrace(record), ...traceFormEntries(record, entries)] };
    }
    yield { file, content: '</ClinicalData>\n</ODM>\n' };
  },
};
