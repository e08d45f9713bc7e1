import { resolveCodelist } from '../tabulation/codelists.ts';
import type { VariableType } from '../tabulation/dataset-definition.ts';
import type { StudyContext } from '../tabulation/subject-timeline.ts';
import { buildDescription, buildTranslatedText } from '../tabulation/translated-text.ts';
import { CASE_REPORT_FORMS, type CaseReportForm, type FormField } from './case-report-forms.ts';
import { listStudyEvents, type StudyEvent } from './form-entries.ts';

/** ODM data types. Dates may be partial, which the ODM type datetime does not allow. */
const ODM_DATA_TYPES: Readonly<Record<VariableType, string>> = {
  text: 'text',
  integer: 'integer',
  float: 'float',
  datetime: 'partialDatetime',
};

function buildStudyEventDef({ name, label, forms }: StudyEvent) {
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

function buildFormDef({ name, label }: CaseReportForm) {
  return {
    '@OID': `F.${name}`,
    '@Name': label,
    '@Repeating': 'No',
    ItemGroupRef: { '@ItemGroupOID': `IG.${name}`, '@Mandatory': 'No' },
  };
}

function buildFormItemGroupDef({ name, label, repeating, dataset, fields }: CaseReportForm) {
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

function buildFormItemDef({ name, label, type, variable, codelist }: FormField) {
  return {
    '@OID': `I.${name}`,
    '@Name': name,
    '@DataType': ODM_DATA_TYPES[type],
    '@SDSVarName': variable,
    ...buildDescription(label),
    Question: buildTranslatedText(label),
    ...(codelist === null ? {} : { CodeListRef: { '@CodeListOID': `CL.${codelist}` } }),
  };
}

function buildCodeList(id: string) {
  const { name, terms } = resolveCodelist(id);
  const items = (terms ?? []).map(({ value, meaning }) => ({
    '@CodedValue': value,
    Decode: buildTranslatedText(meaning),
  }));
  return { '@OID': `CL.${id}`, '@Name': name, '@DataType': 'text', CodeListItem: items };
}

/** Builds the Study element: events, forms, items and codelists. */
export function buildStudyElement(study: StudyContext, studyOid: string, metaDataVersionOid: string) {
  const events = listStudyEvents(study.protocol);
  const fields = CASE_REPORT_FORMS.flatMap((form) => form.fields);
  const codelists = [...new Set(fields.flatMap(({ codelist }) => codelist ?? []))].sort();
  return {
    '@OID': studyOid,
    GlobalVariables: { StudyName: study.id, StudyDescription: study.protocol.title, ProtocolName: study.id },
    MetaDataVersion: {
      '@OID': metaDataVersionOid,
      '@Name': `Protocol ${study.protocol.version}`,
      Protocol: {
        StudyEventRef: events.map(({ name }, i) => ({
          '@StudyEventOID': `SE.${name}`,
          '@OrderNumber': i + 1,
          '@Mandatory': 'No',
        })),
      },
      StudyEventDef: events.map(buildStudyEventDef),
      FormDef: CASE_REPORT_FORMS.map(buildFormDef),
      ItemGroupDef: CASE_REPORT_FORMS.map(buildFormItemGroupDef),
      ItemDef: fields.map(buildFormItemDef),
      CodeList: codelists.map(buildCodeList),
    },
  };
}
