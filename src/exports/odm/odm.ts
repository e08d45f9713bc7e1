import { create } from 'xmlbuilder2';
import { headOf, type Timeline, timelineOf } from '../cdisc/timeline.ts';
import type { ExportFormat, StudyInput } from '../format.ts';
import { type Entry, entriesOf, studyEvents } from './entries.ts';
import { FORMS } from './forms.ts';
import { studyElement } from './metadata.ts';

/** Elements as text, without the XML declaration. */
function xml(elements: object): string {
  return create(elements).end({ headless: true, prettyPrint: true });
}

function groupData({ form, instance, values }: Entry) {
  const items = form.fields.flatMap((field, i) => {
    const value = values[i] ?? null;
    return value === null ? [] : [{ '@ItemOID': `I.${field.name}`, '@Value': String(value) }];
  });
  const repeat = form.repeating ? { '@ItemGroupRepeatKey': String(instance) } : {};
  return { '@ItemGroupOID': `IG.${form.name}`, ...repeat, ItemData: items };
}

function formsIn(entries: readonly Entry[]) {
  return FORMS.flatMap((form) => {
    const filled = entries.filter((entry) => entry.form === form);
    return filled.length === 0
      ? []
      : [{ '@FormOID': `F.${form.name}`, ItemGroupData: filled.map(groupData) }];
  });
}

function subjectData(timeline: Timeline) {
  const entries = entriesOf(timeline);
  const events = studyEvents(timeline.head.protocol).flatMap(({ name }) => {
    const forms = formsIn(entries.filter(({ event }) => event === name));
    return forms.length === 0 ? [] : [{ '@StudyEventOID': `SE.${name}`, FormData: forms }];
  });
  return { '@SubjectKey': timeline.record.subject.subject, StudyEventData: events };
}

/** The root's start tag. The day of judging stands for the time of creation: the same data give the same bytes. */
function rootTag(input: StudyInput, id: string): string {
  const attributes = {
    xmlns: 'http://www.cdisc.org/ns/odm/v1.3',
    ODMVersion: '1.3.2',
    FileOID: `ODM.${id}.${input.asOf}`,
    FileType: 'Snapshot',
    CreationDateTime: `${input.asOf}T00:00:00Z`,
    SourceSystem: 'fhir-trial-adapter',
    SourceSystemVersion: input.versions.software,
  };
  const root = xml({
    ODM: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`@${name}`, value])),
  });
  return root.replace(/\/>$/, '>');
}

/** ODM 1.3.2, snapshot, with its metadata: for OpenClinica and other data capture systems. Written subject by subject. */
export const odm: ExportFormat = {
  id: 'odm',
  says: 'CDISC ODM 1.3.2 with metadata and clinical data, for data capture systems',
  async *write(input) {
    const head = headOf(input);
    const file = 'odm/odm.xml';
    const [study, metadata] = [`STDY.${head.id}`, `MDV.${head.id}.${head.protocol.version}`];
    yield { file, content: `<?xml version="1.0" encoding="UTF-8"?>\n${rootTag(input, head.id)}\n` };
    yield { file, content: `${xml({ Study: studyElement(head, study, metadata) })}\n` };
    const clinical = xml({ ClinicalData: { '@StudyOID': study, '@MetaDataVersionOID': metadata } });
    yield { file, content: `${clinical.replace(/\/>$/, '>')}\n` };
    for await (const record of input.subjects())
      yield { file, content: `${xml({ SubjectData: subjectData(timelineOf(head, record)) })}\n` };
    yield { file, content: '</ClinicalData>\n</ODM>\n' };
  },
};
