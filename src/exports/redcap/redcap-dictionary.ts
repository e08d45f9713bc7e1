import { formatCsvRow } from '../../csv-row.ts';
import { CASE_REPORT_FORMS, type CaseReportForm, type FormField } from '../odm/case-report-forms.ts';
import { type CodelistTerm, resolveCodelist } from '../tabulation/codelists.ts';

/** The header of REDCap's data dictionary, as REDCap writes it. */
const REDCAP_DICTIONARY_HEADER = [
  'Variable / Field Name',
  'Form Name',
  'Section Header',
  'Field Type',
  'Field Label',
  'Choices, Calculations, OR Slider Labels',
  'Field Note',
  'Text Validation Type OR Show Slider Number',
  'Text Validation Min',
  'Text Validation Max',
  'Identifier?',
  'Branching Logic (Show field only if...)',
  'Required Field?',
  'Custom Alignment',
  'Question Number (surveys only)',
  'Matrix Group Name',
  'Matrix Ranking?',
  'Field Annotation',
] as const;

/** REDCap's codes are plain; a list with other values (such as 10^9/L) is a text field. */
const PLAIN_CODE = /^[A-Za-z0-9_.]+$/;

/** The choices of a field; null where it is a text field. */
export function listChoices({ codelist }: FormField): readonly CodelistTerm[] | null {
  const terms = codelist === null ? null : resolveCodelist(codelist).terms;
  return terms?.every(({ value }) => PLAIN_CODE.test(value)) ? terms : null;
}

const VALIDATION_TYPES = { text: '', integer: 'integer', float: 'number', datetime: '' } as const;

function formatFieldLine(form: CaseReportForm, field: FormField): string {
  const choices = listChoices(field);
  const listed = choices?.map(({ value, meaning }) => `${value}, ${meaning}`).join(' | ') ?? '';
  const note = field.type === 'datetime' ? 'ISO 8601; may be partial' : '';
  const type = choices === null ? 'text' : 'dropdown';
  const validation = choices === null ? VALIDATION_TYPES[field.type] : '';
  const required = field.required ? 'y' : '';
  const before = [field.name, form.name, '', type, field.label, listed, note, validation];
  return formatCsvRow([...before, '', '', '', '', required, '', '', '', '', '']);
}

/** The data dictionary: record_id, which stands first in the first form, and every field of every form. */
export function formatRedcapDictionary(): string {
  const first = ['record_id', CASE_REPORT_FORMS[0]?.name ?? '', '', 'text', 'Subject number'];
  const recordId = formatCsvRow([
    ...first,
    ...REDCAP_DICTIONARY_HEADER.slice(first.length).map((name) => (name === 'Required Field?' ? 'y' : '')),
  ]);
  const lines = CASE_REPORT_FORMS.flatMap((form) => form.fields.map((field) => formatFieldLine(form, field)));
  return [formatCsvRow(REDCAP_DICTIONARY_HEADER), recordId, ...lines].join('');
}
