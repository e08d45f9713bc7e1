import { describe, expect, test } from '@jest/globals';
import type { ExportFormat } from '../../src/exports/export-format.ts';
import { ndjson } from '../../src/exports/ndjson/ndjson.ts';
import { isRowTrace, type RowTrace } from '../../src/exports/provenance-trace.ts';
import { sdtm } from '../../src/exports/sdtm/sdtm.ts';
import { csv } from '../../src/exports/tables/csv.ts';
import type { Fact } from '../../src/trial/facts.ts';
import {
  assessVariedRecord,
  buildSourcedFields,
  buildVariedFacts,
  buildVariedStudy,
  collectFiles,
  parseTestMoment,
} from './varied-study.ts';

const WEIGHT_SOURCE = {
  site: 'site-1',
  resourceType: 'Observation',
  id: 'weight',
  version: '3',
  element: 'Observation',
};

/** The subject of the other tests, with the first infusion sent as a total. */
function replaceWithTotalDose(facts: readonly Fact[]): readonly Fact[] {
  return facts.map((fact): Fact => {
    if (fact.kind === 'weight') return { ...fact, sources: [WEIGHT_SOURCE] };
    if (fact.kind !== 'infusion' || fact.key !== 'infusion|2020-03-05') return fact;
    return { ...fact, dose: { value: '100', per: 'total' } };
  });
}

const totalDoseFacts = replaceWithTotalDose(buildVariedFacts('S-1'));
const factsWithoutWeight = totalDoseFacts.filter(({ kind }) => kind !== 'weight');
const buildStudy = (facts: readonly Fact[]) => buildVariedStudy([assessVariedRecord('S-1', facts)]);

/** Reads the named variables of the rows of an SDTM dataset. */
async function readSdtmRows(facts: readonly Fact[], name: string, ...variables: string[]) {
  const { columns, rows } = JSON.parse(
    (await collectFiles(sdtm.write(buildStudy(facts)))).get(`sdtm/${name}.json`) ?? '{}',
  );
  const places = variables.map((v) => columns.findIndex((column: { name: string }) => column.name === v));
  return rows.map((row: unknown[]) => places.map((place) => row[place]));
}

/** Reads the named columns of the rows of a CSV table. */
async function readCsvRows(facts: readonly Fact[], name: string, ...columns: string[]) {
  const [head = '', ...rows] = ((await collectFiles(csv.write(buildStudy(facts)))).get(`${name}.csv`) ?? '')
    .trim()
    .split('\r\n');
  const places = columns.map((column) => head.split(',').indexOf(column));
  return rows.map((row) => places.map((place) => row.split(',')[place]));
}

/** Reads the provenance traces of one file's rows. */
async function collectRowTraces(format: ExportFormat, facts: readonly Fact[], wanted: string) {
  const rows: RowTrace[] = [];
  for await (const { file, traces = [] } of format.write(buildStudy(facts)))
    if (file === wanted) rows.push(...traces.filter(isRowTrace));
  return rows;
}

describe('a dose that was sent as a total', () => {
  test('is exposure per kg by the weight of the day, with the total as sent in SUPPEX', async () => {
    // 100 in 60.50 kg.
    expect((await readSdtmRows(totalDoseFacts, 'ex', 'EXDOSE', 'EXDOSU'))[0]).toEqual([
      1.653,
      '10^6 cells/kg',
    ]);
    expect(await readSdtmRows(totalDoseFacts, 'suppex', 'IDVARVAL', 'QNAM', 'QVAL')).toEqual([
      ['1', 'EXTOTAL', '100'],
    ]);
    const [first] = await readCsvRows(totalDoseFacts, 'infusions', 'dose', 'dosePer', 'dosePerKg');
    expect(first).toEqual(['100', 'total', '1.653']);
  });

  test('has the weight among its sources', async () => {
    const [first] = await collectRowTraces(sdtm, totalDoseFacts, 'sdtm/ex.json');
    expect(first?.from).toContain('site-1/Observation/weight@3');
  });

  test('stays a total where the day is not known, even with a weight in that month', async () => {
    const partial = totalDoseFacts.map((fact): Fact => {
      if (fact.key !== 'infusion|2020-03-05') return fact;
      return { ...fact, at: parseTestMoment('2020-03') };
    });
    expect(await readCsvRows(partial, 'infusions', 'dose', 'dosePerKg')).toContainEqual(['100', '']);
    expect(await readSdtmRows(partial, 'ex', 'EXDOSE', 'EXDOSU')).toContainEqual([100, '10^6 cells']);
  });

  test('stays a total where no weight is near enough', async () => {
    expect((await readSdtmRows(factsWithoutWeight, 'ex', 'EXDOSE', 'EXDOSU'))[0]).toEqual([
      100,
      '10^6 cells',
    ]);
    expect((await readCsvRows(factsWithoutWeight, 'infusions', 'dosePerKg'))[0]).toEqual(['']);
  });
});

describe('a transplant', () => {
  const transplanted: readonly Fact[] = [
    ...totalDoseFacts,
    {
      kind: 'transplant',
      ...buildSourcedFields('S-1', 'transplant|1', parseTestMoment('2020-09-10T09:00:00+08:00')),
      sources: [{ ...WEIGHT_SOURCE, resourceType: 'Procedure', id: 'hsct', version: '1' }],
    },
  ];

  test('is a procedure in SDTM and FHIR, a row of its table, and the end of the observation', async () => {
    const procedures = await readSdtmRows(transplanted, 'pr', 'PRTRT', 'PRCAT', 'PRSTDTC');
    expect(procedures).toContainEqual([
      'HEMATOPOIETIC STEM CELL TRANSPLANT',
      'TRANSPLANT',
      '2020-09-10T09:00:00+08:00',
    ]);
    expect(await readCsvRows(transplanted, 'transplants', 'subject', 'day')).toEqual([['S-1', '189']]);
    expect(await readCsvRows(transplanted, 'subjects', 'observedUntil', 'endedBy')).toEqual([
      ['2020-09-10', 'transplant of 2020-09-10'],
    ]);
    const [subject] = await collectRowTraces(csv, transplanted, 'subjects.csv');
    expect(subject?.from).toContain('site-1/Procedure/hsct@1');
    const procedure =
      (await collectFiles(ndjson.write(buildStudy(transplanted)))).get('Procedure.ndjson') ?? '';
    expect(procedure).toContain('"code":"stem-cells"');
  });

  test('without a transplant nothing ended the observation', async () => {
    expect(await readCsvRows(totalDoseFacts, 'subjects', 'observedUntil', 'endedBy')).toEqual([['', '']]);
  });
});
