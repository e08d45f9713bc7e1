import { create } from 'xmlbuilder2';
import type { Protocol } from '../../trial/protocol.ts';
import type { ExportFormat, StudyInput } from '../export-format.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import { buildTimeline, createStudyContext } from '../tabulation/subject-timeline.ts';
import { CASE_REPORT_FORMS } from './case-report-forms.ts';
import { buildFormEntries, type FormEntry, listStudyEvents, traceFormEntries } from './form-entries.ts';
import { buildStudyElement } from './odm-metadata.ts';

/** Formats elements as text, without the XML declaration. */
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

/** Characters that XML 1.0 does not allow, escaped or not. */
const INVALID_XML_CHARACTERS = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/**
 * Formats an element with attributes as text. The data of a large study are all such elements, and a document builder
 * takes ten times as long. Characters that XML does not allow become U+FFFD.
 */
function formatElement(
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly string[],
): string {
  const attributeTexts = Object.entries(attributes).map(([attribute, value]) => {
    const escaped = value
      .replace(INVALID_XML_CHARACTERS, '\uFFFD')
      .replace(/[&<>"\t\n\r]/g, (character) => XML_ESCAPES[character] ?? character);
    return ` ${attribute}="${escaped}"`;
  });
  const start = `<${name}${attributeTexts.join('')}`;
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
    const formEntries = entries.filter((entry) => entry.form === form);
    return formEntries.length === 0
      ? []
      : [formatElement('FormData', { FormOID: `F.${form.name}` }, formEntries.map(formatItemGroupData))];
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

/** Formats the root's start tag. The time of creation is the day of assessment: the same data yield the same bytes. */
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

/** ODM 1.3.2 snapshot with its metadata, for OpenClinica and other data capture systems; written subject by subject. */
export const odm: ExportFormat = {
  id: 'odm',
  purpose: 'CDISC ODM 1.3.2 with metadata and clinical data, for data capture systems',
  rowNumberColumns: /^instance$/,
  async *write(input) {
    const study = createStudyContext(input);
    const file = 'odm/odm.xml';
    const studyOid = `STDY.${study.id}`;
    const metaDataVersionOid = `MDV.${study.id}.${study.protocol.version}`;
    yield { file, content: `<?xml version="1.0" encoding="UTF-8"?>\n${formatRootTag(input, study.id)}\n` };
    const studyElement = buildStudyElement(study, studyOid, metaDataVersionOid);
    yield { file, content: `${formatXmlFragment({ Study: studyElement })}\n` };
    const clinicalData = formatXmlFragment({
      ClinicalData: { '@StudyOID': studyOid, '@MetaDataVersionOID': metaDataVersionOid },
    });
    yield { file, content: `${clinicalData.replace(/\/>$/, '>')}\n` };
    for await (const record of input.readSubjects()) {
      const { subject } = record.subject;
      const entries = buildFormEntries(buildTimeline(study, record));
      const content = formatSubjectData(subject, entries, study.protocol);
      yield { file, content, traces: [buildSubjectTrace(record), ...traceFormEntries(record, entries)] };
    }
    yield { file, content: '</ClinicalData>\n</ODM>\n' };
  },
};
