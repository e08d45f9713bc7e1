import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { faultsIn, inconsistent, type Values } from '../../../src/exports/cdisc/check.ts';
import { sdtm } from '../../../src/exports/cdisc/sdtm.ts';
import { SDTM_DATASETS } from '../../../src/exports/cdisc/study-variables.ts';
import { subjectRows, valuesOf } from '../../../src/exports/cdisc/tabulation.ts';
import { headOf, timelineOf } from '../../../src/exports/cdisc/timeline.ts';
import type { Cell, DatasetDefinition } from '../../../src/exports/cdisc/variable.ts';
import type { StudyInput } from '../../../src/exports/format.ts';
import { at, base, factsOf, filesOf, recordOf, studyOf } from './study.ts';

interface Case {
  readonly title: string;
  readonly dataset: string;
  readonly set?: readonly (readonly [row: number, variable: string, value: Cell])[];
  readonly cut?: number;
  readonly faults: readonly (readonly [variable: string, rule: string])[];
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../cases/exports/sdtm-checks.json'), 'utf8'),
);

function datasetNamed(name: string): DatasetDefinition {
  const found = SDTM_DATASETS.find((dataset) => dataset.name === name);
  if (!found) throw new Error(`there is no dataset ${name}`);
  return found;
}

function rowsOf(name: string): readonly Values[] {
  const record = recordOf('S-1', factsOf('S-1'));
  const dataset = datasetNamed(name);
  return valuesOf(dataset, subjectRows(dataset, timelineOf(headOf(studyOf([record])), record)));
}

function changed({ dataset, set = [], cut }: Case): readonly Values[] {
  const { variables } = datasetNamed(dataset);
  return rowsOf(dataset).map((values, i) => {
    const cells = values.map((cell, at) => {
      const change = set.find(([row, variable]) => row === i && variable === variables[at]?.name);
      return change ? change[2] : cell;
    });
    return i === cut ? cells.slice(1) : cells;
  });
}

describe('what no schema checks', () => {
  test.each(cases)('$title', (one) => {
    const faults = faultsIn(datasetNamed(one.dataset), changed(one));
    expect(faults.map(({ variable, rule }) => [variable, rule])).toEqual(one.faults);
  });

  test('a refusal names dataset, record and variable, and no value', () => {
    const failure = inconsistent(datasetNamed('AE'), 'msc-aa.S-1', {
      row: 1,
      variable: 'AEENDTC',
      rule: 'is before AESTDTC',
    });
    expect(failure.code).toBe('exports/inconsistent');
    expect(failure.line).toContain('AEENDTC is before AESTDTC at AE, msc-aa.S-1, record 2, AEENDTC');
  });

  test('an event that ends before it began stops the export', async () => {
    const facts = factsOf('S-1').map((fact) =>
      fact.kind === 'adverse-event' && fact.term === 'Fever' ? { ...fact, resolved: at('2020-03-01') } : fact,
    );
    const writing = filesOf(sdtm.write(studyOf([recordOf('S-1', facts)])));
    await expect(writing).rejects.toMatchObject({
      code: 'exports/inconsistent',
      at: 'AE, msc-aa.S-1, record 1, AEENDTC',
    });
  });

  test('a subject who comes twice stops the export', async () => {
    const twice = studyOf([recordOf('S-1', []), recordOf('S-2', []), recordOf('S-1', [])]);
    await expect(filesOf(sdtm.write(twice))).rejects.toMatchObject({
      at: expect.stringContaining('USUBJID'),
    });
  });

  test('S-9 may stand before S-10', async () => {
    const files = await filesOf(sdtm.write(studyOf([recordOf('S-9', []), recordOf('S-10', [])])));
    expect(JSON.parse(files.get('sdtm/dm.json') ?? '').records).toBe(2);
  });

  test('data that change between counting and writing stop the export', async () => {
    const more = {
      kind: 'weight',
      ...base('S-1', 'more', at('2020-03-05')),
      kilograms: '61',
      original: { code: 'c', value: '61', unit: 'kg', conversion: null },
    } as const;
    const records = [recordOf('S-1', factsOf('S-1')), recordOf('S-1', [...factsOf('S-1'), more])];
    let walks = 0;
    const input: StudyInput = {
      ...studyOf(records.slice(0, 1)),
      async *subjects() {
        const record = records[Math.min(walks++, 1)];
        if (record) yield record;
      },
    };
    await expect(filesOf(sdtm.write(input))).rejects.toMatchObject({ code: 'exports/inconsistent' });
  });
});
