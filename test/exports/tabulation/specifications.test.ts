import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { readDatasets } from '../../../src/exports/tabulation/read-datasets.ts';
import { SDTM_DATASETS } from '../../../src/exports/tabulation/sdtm-datasets.ts';
import { DEFINE_COMMENTS, DERIVATION_METHODS } from '../../../src/exports/tabulation/specification-texts.ts';
import { useFolder } from '../../support/use-lifecycle.ts';
import { replaceInFile } from '../../support/with-mappings.ts';

const ADAM_SPECIFICATIONS = resolve(import.meta.dirname, '../../../src/exports/adam/specifications');

/** Comments that define.xml writes itself, about the export and not about one variable. */
const EXPORT_COMMENTS = ['CT', 'NODATA', 'EMPTY'];

const folder = useFolder();

beforeEach(() => cpSync(ADAM_SPECIFICATIONS, folder.path, { recursive: true }));

/** Replaces text in one of the specification files, and reads them. */
function readWith(file: string, text: string, replacement: string): unknown {
  replaceInFile(join(folder.path, file), text, replacement);
  return readDatasets(folder.path, ['variables.csv']);
}

describe('specifications of datasets', () => {
  const variables = SDTM_DATASETS.flatMap((dataset) => dataset.variables);

  test('every method and comment is used', () => {
    const methods = new Set(variables.map(({ method }) => method));
    const comments = new Set(variables.map(({ comment }) => comment));
    expect([...DERIVATION_METHODS.keys()].filter((method) => !methods.has(method))).toEqual([]);
    expect([...DEFINE_COMMENTS.keys()].filter((comment) => !comments.has(comment))).toEqual(EXPORT_COMMENTS);
  });

  test.each([
    ['variables.csv', 'ADSL,5,AGE,Age,integer', 'ADSL,5,AGE,Age,number', 'line 6: Type: Invalid option'],
    ['variables.csv', 'ADSL,5,AGE', 'ADSL,6,AGE', 'line 6: Order is not 5'],
    ['variables.csv', 'ADSL,5,AGE', 'ADSX,5,AGE', 'line 6: there is no dataset ADSX'],
    ['variables.csv', 'ADSL,6,AGEU', 'ADSL,6,AGE', 'line 7: AGE is listed twice'],
    ['variables.csv', 'Exp,No,AGEU', 'Exp,Yes,AGEU', 'line 7: AGEU: a mandatory variable is not required'],
    ['variables.csv', 'Exp,No,AGEU', 'Req,No,AGEU', 'line 7: AGEU: a required variable may be empty'],
    ['variables.csv', 'Exp,No,AGEU', 'Exp,No,AGES', 'line 7: AGEU: there is no codelist AGES'],
    ['variables.csv', 'Derived,,,2', 'Derived,,,7', 'line 2: the keys are not numbered from 1'],
    ['variables.csv', 'ADSL,5,AGE,', 'ADSL,5,AGE,,', 'line 6: Invalid Record Length'],
    ['datasets.csv', 'Subject-Level Analysis', 'Subject-Level Analysis and Everything Else', 'line 2: Label'],
  ])('%s: "%s" as "%s" is refused with the place', (file, text, replacement, message) => {
    expect(() => readWith(file, text, replacement)).toThrow(message);
    expect(() => readDatasets(folder.path, ['variables.csv'])).toThrow(/^\w+\.csv, line \d+: .+\. Fix: ./s);
  });
});
