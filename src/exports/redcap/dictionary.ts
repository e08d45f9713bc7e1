import { codelistOf } from '../cdisc/codelists.ts';
import { csvRow } from '../cdisc/csv-row.ts';
import { type Field, FORMS, type Form } from '../odm/forms.ts';

/** The header of REDCap's data dictionary, as REDCap writes it. */
const HEADER = [
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
export function choicesOf({ codelist }: Field): readonly (readonly [code: string, label: string])[] | null {
  const terms = codelist === null ? null : codelistOf(codelist).terms;
  return terms?.every(([code]) => PLAIN_CODE.test(code)) ? terms : null;
}

const VALIDATION = { text: '', integer: 'integer', float: 'number', datetime: '' } as const;

function line(form: Form, field: Field): string {
  const choices = choicesOf(field);
  const listed = choices?.map(([code, label]) => `${code}, ${label}`).join(' | ') ?? '';
  const note = field.type === 'datetime' ? 'ISO 8601; may be partial' : '';
  const type = choices === null ? 'text' : 'dropdown';
  const validation = choices === null ? VALIDATION[field.type] : '';
  const required = field.required ? 'y' : '';
  const before = [field.name, form.name, '', type, field.label, listed, note, validation];
  return csvRow([...before, '', '', '', '', required, '', '', '', '', '']);
}

/** The data dictionary: record_id, which stands first in the first form, and every field of every form. */
export function dictionary(): string {
  const first = ['record_id', FORMS[0]?.name ?? '', '', 'text', 'Subject number'];
  const recordId = csvRow([
    ...first,
    ...HEADER.slice(first.length).map((name) => (name === 'Required Field?' ? 'y' : '')),
  ]);
  const lines = FORMS.flatMap((form) => form.fields.map((field) => line(form, field)));
  return [csvRow(HEADER), recordId, ...lines].join('');
}
