import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { StudyInput } from '../../../src/exports/export-format.ts';
import { sdtm } from '../../../src/exports/sdtm/sdtm.ts';
import {
  createInconsistencyFailure,
  findViolations,
  type RecordValues,
} from '../../../src/exports/tabulation/conformance-rules.ts';
import type { DatasetCell, DatasetDefinition } from '../../../src/exports/tabulation/dataset-definition.ts';
import { SDTM_DATASETS } from '../../../src/exports/tabulation/sdtm-datasets.ts';
import { buildSubjectRecords, toRecordValues } from '../../../src/exports/tabulation/subject-records.ts';
import { buildTimeline, createStudyContext } from '../../../src/exports/tabulation/subject-timeline.ts';
import {
  assessVariedRecord,
  buildSourcedFields,
  buildVariedFacts,
  buildVariedStudy,
  collectFiles,
  parseTestMoment,
} from '../varied-study.ts';

interface SdtmCheckCase {
  readonly title: string;
  readonly dataset: string;
  readonly set?: readonly (readonly [row: number, variable: string, value: DatasetCell])[];
  readonly cut?: number;
  readonly faults: readonly (readonly [variable: string, rule: string])[];
}

const cases: readonly SdtmCheckCase[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../cases/exports/sdtm-checks.json'), 'utf8'),
);

function requireDataset(name: string): DatasetDefinition {
  const dataset = SDTM_DATASETS.find((candidate) => candidate.name === name);
  if (!dataset) throw new Error(`there is no dataset ${name}`);
  return dataset;
}

function buildRows(name: string): readonly RecordValues[] {
  const record = assessVariedRecord('S-1', buildVariedFacts('S-1'));
  const dataset = requireDataset(name);
  return toRecordValues(
    dataset,
    buildSubjectRecords(dataset, buildTimeline(createStudyContext(buildVariedStudy([record])), record)),
  );
}

function applyChange({ dataset, set = [], cut }: SdtmCheckCase): readonly RecordValues[] {
  const { variables } = requireDataset(dataset);
  return buildRows(dataset).map((values, i) => {
    const cells = values.map((cell, at) => {
      const change = set.find(([row, variable]) => row === i && variable === variables[at]?.name);
      return change ? change[2] : cell;
    });
    return i === cut ? cells.slice(1) : cells;
  });
}

describe('conformance rules that no schema checks', () => {
  test.each(cases)('$title', (check) => {
    const violations = findViolations(requireDataset(check.dataset), applyChange(check));
    expect(violations.map(({ variable, rule }) => [variable, rule])).toEqual(check.faults);
  });

  test('a refusal names dataset, record and variable, and no value', () => {
    const failure = createInconsistencyFailure(requireDataset('AE'), 'msc-aa.S-1', {
      row: 1,
      variable: 'AEENDTC',
      rule: 'is before AESTDTC',
    });
    expect(failure.code).toBe('exports/inconsistent');
    expect(failure.line).toContain('AEENDTC is before AESTDTC at AE, msc-aa.S-1, record 2, AEENDTC');
  });

  test('an event that ends before it began stops the export', async () => {
    const facts = buildVariedFacts('S-1').map((fact) =>
      fact.kind === 'adverse-event' && fact.term === 'Fever'
        ? { ...fact, resolved: parseTestMoment('2020-03-01') }
        : fact,
    );
    const writing = collectFiles(sdtm.write(buildVariedStudy([assessVariedRecord('S-1', facts)])));
    await expect(writing).rejects.toMatchObject({
      code: 'exports/inconsistent',
      at: 'AE, msc-aa.S-1, record 1, AEENDTC',
    });
  });

  test('a subject that comes twice stops the export', async () => {
    const twice = buildVariedStudy([
      assessVariedRecord('S-1', []),
      assessVariedRecord('S-2', []),
      assessVariedRecord('S-1', []),
    ]);
    await expect(collectFiles(sdtm.write(twice))).rejects.toMatchObject({
      at: expect.stringContaining('USUBJID'),
    });
  });

  test('S-9 may come before S-10', async () => {
    const files = await collectFiles(
      sdtm.write(buildVariedStudy([assessVariedRecord('S-9', []), assessVariedRecord('S-10', [])])),
    );
    expect(JSON.parse(files.get('sdtm/dm.json') ?? '').records).toBe(2);
  });

  test('data that change between counting and writing stop the export', async () => {
    const more = {
      kind: 'weight',
      ...buildSourcedFields('S-1', 'more', parseTestMoment('2020-03-05')),
      kilograms: '61',
      original: { code: 'c', value: '61', unit: 'kg', conversion: null },
    } as const;
    const records = [
      assessVariedRecord('S-1', buildVariedFacts('S-1')),
      assessVariedRecord('S-1', [...buildVariedFacts('S-1'), more]),
    ];
    let passes = 0;
    const input: StudyInput = {
      ...buildVariedStudy(records.slice(0, 1)),
      async *readSubjects() {
        const record = records[Math.min(passes++, 1)];
        if (record) yield record;
      },
    };
    await expect(collectFiles(sdtm.write(input))).rejects.toMatchObject({ code: 'exports/inconsistent' });
  });
});
