import { formatCsvRow } from '../../csv-row.ts';
import { CASE_REPORT_FORMS, type CaseReportForm, type FormField } from '../odm/case-report-forms.ts';
import { type CodelistTerm, resolveCodelist } from '../tabulation/codelists.ts';

/** The header of a REDCap data dictionary, exactly as REDCap requires it. */
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

/** Characters that REDCap allows in a code. A field whose codelist has other values (such as 10^9/L) is a text field. */
const PLAIN_CODE = /^[A-Za-z0-9_.]+$/;

/** Lists the choices of a field; null where it is a text field. */
function listChoices({ codelist }: FormField): readonly CodelistTerm[] | null {
  const terms = codelist === null ? null : resolveCodelist(codelist).terms;
  return terms?.every(({ value }) => PLAIN_CODE.test(value)) ? terms : null;
}

const VALIDATION_TYPES = { text: '', integer: 'integer', float: 'number', datetime: '' } as const;

function formatFieldRow(form: CaseReportForm, field: FormField): string {
  const choices = listChoices(field);
  const choiceText = choices?.map(({ value, meaning }) => `${value}, ${meaning}`).join(' | ') ?? '';
  const note = field.type === 'datetime' ? 'ISO 8601; may be partial' : '';
  const type = choices === null ? 'text' : 'dropdown';
  const validation = choices === null ? VALIDATION_TYPES[field.type] : '';
  const required = field.required ? 'y' : '';
  const cells = [field.name, form.name, '', type, field.label, choiceText, note, validation];
  return formatCsvRow([...cells, '', '', '', '', required, '', '', '', '', '']);
}

/** Formats the data dictionary: record_id, which must be the first field of the first form, and every field of every form. */
export function formatRedcapDictionary(): string {
  const first = ['record_id', CASE_REPORT_FORMS[0]?.name ?? '', '', 'text', 'Subject number'];
  const recordId = formatCsvRow([
    ...first,
    ...REDCAP_DICTIONARY_HEADER.slice(first.length).map((name) => (name === 'Required Field?' ? 'y' : '')),
  ]);
  const fieldRows = CASE_REPORT_FORMS.flatMap((form) =>
    form.fields.map((field) => formatFieldRow(form, field)),
  );
  return [formatCsvRow(REDCAP_DICTIONARY_HEADER), recordId, ...fieldRows].join('');
}
