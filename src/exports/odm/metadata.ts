import { codelistOf } from '../cdisc/codelists.ts';
import { described } from '../cdisc/define.ts';
import type { StudyHead } from '../cdisc/timeline.ts';
import type { VariableType } from '../cdisc/variable.ts';
import { type StudyEvent, studyEvents } from './entries.ts';
import { type Field, FORMS, type Form } from './forms.ts';

/** Dates may be partial, which ODM's plain datetime does not allow. */
const DATA_TYPES: Readonly<Record<VariableType, string>> = {
  text: 'text',
  integer: 'integer',
  float: 'float',
  datetime: 'partialDatetime',
};

function english(text: string) {
  return { TranslatedText: { '@xml:lang': 'en', '#': text } };
}

function eventDef({ name, label, forms }: StudyEvent) {
  const type = name === 'course' ? 'Common' : 'Scheduled';
  return {
    '@OID': `SE.${name}`,
    '@Name': label,
    '@Repeating': 'No',
    '@Type': type,
    FormRef: forms.map((form, i) => ({
      '@FormOID': `F.${form.name}`,
      '@Mandatory': 'No',
      '@OrderNumber': i + 1,
    })),
  };
}

function formDef({ name, label }: Form) {
  return {
    '@OID': `F.${name}`,
    '@Name': label,
    '@Repeating': 'No',
    ItemGroupRef: { '@ItemGroupOID': `IG.${name}`, '@Mandatory': 'No' },
  };
}

function groupDef({ name, label, repeating, dataset, fields }: Form) {
  return {
    '@OID': `IG.${name}`,
    '@Name': label,
    '@Repeating': repeating ? 'Yes' : 'No',
    '@Domain': dataset.domain,
    ItemRef: fields.map((field, i) => ({
      '@ItemOID': `I.${field.name}`,
      '@Mandatory': field.required ? 'Yes' : 'No',
      '@OrderNumber': i + 1,
    })),
  };
}

function itemDef({ name, label, type, variable, codelist }: Field) {
  return {
    '@OID': `I.${name}`,
    '@Name': name,
    '@DataType': DATA_TYPES[type],
    '@SDSVarName': variable,
    ...described(label),
    Question: english(label),
    ...(codelist === null ? {} : { CodeListRef: { '@CodeListOID': `CL.${codelist}` } }),
  };
}

function codeList(id: string) {
  const { name, terms } = codelistOf(id);
  const items = (terms ?? []).map(([value, meaning]) => ({ '@CodedValue': value, Decode: english(meaning) }));
  return { '@OID': `CL.${id}`, '@Name': name, '@DataType': 'text', CodeListItem: items };
}

/** The Study element: events, forms, items and codelists, for the data that follow. */
export function studyElement(head: StudyHead, studyOid: string, metaDataVersionOid: string) {
  const events = studyEvents(head.protocol);
  const fields = FORMS.flatMap((form) => form.fields);
  const codelists = [...new Set(fields.flatMap(({ codelist }) => codelist ?? []))].sort();
  return {
    '@OID': studyOid,
    GlobalVariables: { StudyName: head.id, StudyDescription: head.protocol.title, ProtocolName: head.id },
    MetaDataVersion: {
      '@OID': metaDataVersionOid,
      '@Name': `Protocol ${head.protocol.version}`,
      Protocol: {
        StudyEventRef: events.map(({ name }, i) => ({
          '@StudyEventOID': `SE.${name}`,
          '@OrderNumber': i + 1,
          '@Mandatory': 'No',
        })),
      },
      StudyEventDef: events.map(eventDef),
      FormDef: FORMS.map(formDef),
      ItemGroupDef: FORMS.map(groupDef),
      ItemDef: fields.map(itemDef),
      CodeList: codelists.map(codeList),
    },
  };
}
