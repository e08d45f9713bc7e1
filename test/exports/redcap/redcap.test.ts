import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { redcap } from '../../../src/exports/redcap/redcap.ts';
import { assessVariedRecord, buildVariedFacts, buildVariedStudy, collectFiles } from '../varied-study.ts';

type CsvRecord = Readonly<Record<string, string>>;

let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  const records = [
    assessVariedRecord('S-1', buildVariedFacts('S-1')),
    assessVariedRecord('S-2', [], 'off-study'),
  ];
  files = await collectFiles(redcap.write(buildVariedStudy(records)));
});

function readLines(name: string): readonly CsvRecord[] {
  const [, text = ''] = [...files].find(([file]) => file.endsWith(name)) ?? [];
  return parse(text, { columns: true });
}

const NAME = 'Variable / Field Name';
const FORM = 'Form Name';
const CHOICES = 'Choices, Calculations, OR Slider Labels';
const VALIDATION = 'Text Validation Type OR Show Slider Number';

describe('the dictionary', () => {
  test('has the 18 columns, record_id first, and names that REDCap accepts', () => {
    const dictionary = readLines('dictionary.csv');
    expect(Object.keys(dictionary[0] ?? {})).toHaveLength(18);
    expect(dictionary[0]).toMatchObject({ [NAME]: 'record_id', [FORM]: 'demographics' });
    const names = dictionary.map((line) => line[NAME] ?? '');
    expect(names.filter((name) => !/^[a-z][a-z0-9_]{0,25}$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test('choices come from the codelists; a field with other values than plain codes is text', () => {
    const of = (name: string) => readLines('dictionary.csv').find((line) => line[NAME] === name);
    expect(of('sex')?.[CHOICES]).toBe(
      'F, Female | M, Male | U, Unknown | UNDIFFERENTIATED, Undifferentiated',
    );
    expect(of('lbstresu')).toMatchObject({ 'Field Type': 'text', [CHOICES]: '' });
    expect(of('lbstresn')?.[VALIDATION]).toBe('number');
  });
});

/** Finds why REDCap would refuse a value. */
function isRefusedByRedcap(field: CsvRecord, value: string): boolean {
  if (value === '') return false;
  if (field['Field Type'] === 'dropdown')
    return !field[CHOICES]?.split(' | ').some((choice) => choice.startsWith(`${value}, `));
  if (field[VALIDATION] === 'integer') return !/^-?\d+$/.test(value);
  return field[VALIDATION] === 'number' && !/^-?\d+(\.\d+)?$/.test(value);
}

describe('the records import into what the other files describe', () => {
  test('every column is a field or the completion status of a form', () => {
    const dictionary = readLines('dictionary.csv');
    const forms = new Set(dictionary.map((line) => `${line[FORM]}_complete`));
    const fields = new Set(dictionary.map((line) => line[NAME]));
    const columns = Object.keys(readLines('records.csv')[0] ?? {}).filter(
      (name) => !name.startsWith('redcap_'),
    );
    expect(columns.filter((name) => !fields.has(name) && !forms.has(name))).toEqual([]);
    expect(columns).toHaveLength(fields.size + forms.size);
  });

  test('every value is valid for its field', () => {
    const records = readLines('records.csv');
    const wrong = readLines('dictionary.csv').filter((field) =>
      records.some((record) => isRefusedByRedcap(field, record[field[NAME] ?? ''] ?? '')),
    );
    expect(wrong).toEqual([]);
  });

  test('a row fills one form only, in an event that has the form, once', () => {
    const places = new Set(readLines('mapping.csv').map((line) => `${line.unique_event_name}/${line.form}`));
    const repeats = new Set(
      readLines('repeating-instruments.csv').map((line) => `${line.event_name}/${line.form_name}`),
    );
    const formOf = new Map(readLines('dictionary.csv').map((line) => [line[NAME] ?? '', line[FORM] ?? '']));
    const seen = new Set<string>();
    for (const record of readLines('records.csv')) {
      const {
        record_id,
        redcap_event_name: event,
        redcap_repeat_instrument: form,
        redcap_repeat_instance: instance,
      } = record;
      const filled = Object.entries(record).filter(
        ([name, value]) => value !== '' && formOf.has(name) && name !== 'record_id',
      );
      expect([...new Set(filled.map(([name]) => formOf.get(name)))]).toEqual([form || 'demographics']);
      expect(places.has(`${event}/${form || 'demographics'}`)).toBe(true);
      if (form) expect(repeats.has(`${event}/${form}`)).toBe(true);
      const key = [record_id, event, form, instance].join('/');
      expect(seen.has(key)).toBe(false);
      seen.add(key);
    }
    expect(seen.size).toBeGreaterThan(20);
  });

  test('results are at their visits, unscheduled ones in the course', () => {
    const labs = readLines('records.csv').filter((line) => line.redcap_repeat_instrument === 'labs');
    expect(
      labs.map((line) => [
        line.redcap_event_name,
        line.redcap_repeat_instance,
        line.lbtestcd,
        line.lborres,
        line.lbstresn,
      ]),
    ).toEqual([
      ['baseline_arm_1', '1', 'HGB', '7.20', '72.0'],
      ['baseline_arm_1', '2', 'NEUT', '450', '0.450'],
      ['baseline_arm_1', '3', 'PLAT', '<5', ''],
      ['m1_arm_1', '1', 'PLAT', '25', '25'],
      ['course_arm_1', '1', 'PLAT', '11', '11'],
    ]);
  });
});
