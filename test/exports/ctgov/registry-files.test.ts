import { beforeAll, describe, expect, test } from '@jest/globals';
import { ctgovAeXml, ctgovJson, ctgovXml } from '../../../src/exports/ctgov/ctgov.ts';
import { toResultsSection } from '../../../src/exports/ctgov/results-section-json.ts';
import { eudractAeXml } from '../../../src/exports/eudract/eudract.ts';
import type { StudyInput } from '../../../src/exports/export-format.ts';
import { buildStudyResults } from '../../../src/exports/registry-results/build-results.ts';
import { buildDemoStudy } from '../demo-study.ts';
import { COMPLETE_REGISTRY } from '../registry-results/complete-registry.ts';
import {
  buildSixSubjectStudy,
  collectFormatFiles,
  SIX_SUBJECTS,
} from '../registry-results/six-subject-study.ts';
import { parseClinicalStudy, parsePrsResults } from './parse-prs-upload.ts';

const REGISTRY_FORMATS = [ctgovXml, ctgovAeXml, ctgovJson, eudractAeXml];

let cohort: StudyInput;
let xml: string;

beforeAll(async () => {
  cohort = { ...buildDemoStudy(), registry: COMPLETE_REGISTRY };
  xml = (await collectFormatFiles(ctgovXml, cohort))['ctgov.xml'] ?? '';
});

const writeSmallStudy = async (change: Partial<StudyInput> = {}) =>
  (await collectFormatFiles(ctgovXml, buildSixSubjectStudy(change)))['ctgov.xml'] ?? '';

describe('round trip', () => {
  test.each(['counts', 'percentage'])(
    'XML read back gives the JSON of the results (%s)',
    async (responseRate) => {
      const registry = { ...COMPLETE_REGISTRY, results: { ...COMPLETE_REGISTRY.results, responseRate } };
      for (const input of [buildSixSubjectStudy({ registry }), { ...cohort, registry }]) {
        const files = await collectFormatFiles(ctgovXml, input);
        const { results } = await buildStudyResults(input);
        const preview = JSON.parse((await collectFormatFiles(ctgovJson, input))['ctgov.json'] ?? '');
        expect(toResultsSection(parsePrsResults(files['ctgov.xml'] ?? ''))).toEqual(preview.resultsSection);
        expect(preview.resultsSection).toEqual(toResultsSection(results));
      }
    },
  );

  test('texts with markup come back as they were', async () => {
    expect(parseClinicalStudy(await writeSmallStudy()).brief_title).toBe('Stromal Cells & Marrow <Failure>');
  });
});

describe('the figures of the abstract', () => {
  test('are in the upload', () => {
    const { outcomes, flow, events } = parsePrsResults(xml);
    const [overall, complete, best] = outcomes;
    const value = (i: number) => outcomes[i]?.rows[0]?.values[0]?.entries[0];
    expect(overall?.rows[0]?.values[0]?.entries[0]?.value.value).toBe('21');
    const [analysis] = overall?.analyses ?? [];
    expect([analysis?.value, analysis?.lower, analysis?.upper].map((one) => one?.value)).toEqual([
      '28.4',
      '18.5',
      '40.1',
    ]);
    expect(complete?.rows[0]?.values[0]?.entries[0]?.value.value).toBe('5');
    expect(best?.rows[0]?.values[0]?.entries.map((one) => one.value.value)).toEqual(['5', '16', '53', '0']);
    expect(
      [3, 4, 5].map((i) => [value(i)?.value, value(i)?.lower, value(i)?.upper].map((one) => one?.value)),
    ).toEqual([
      ['19', '11', '29'],
      ['17', '12', '25'],
      ['31', '26', '84'],
    ]);
    expect(value(7)?.value.value).toBe('65');
    expect(flow.periods[0]?.started.achieved[0]?.cell.value).toBe('74');
    expect(events.groups[0]?.deaths.value).toBe('9');
    expect(events.other.map(({ term, stats }) => [term, stats[0]?.affected.value])).toEqual([
      ['Fever', '7'],
      ['Headache', '7'],
    ]);
  });
});

describe('the protocol section', () => {
  test("says in the API's words what registry.json says", async () => {
    const { protocolSection } = JSON.parse(
      (await collectFormatFiles(ctgovJson, buildSixSubjectStudy()))['ctgov.json'] ?? '',
    );
    expect(protocolSection).toMatchObject({
      identificationModule: {
        orgStudyIdInfo: { id: 'INV-0001' },
        secondaryIdInfos: [{ id: 'INV-SEC-1', type: 'OTHER', domain: 'Invented' }],
      },
      statusModule: { overallStatus: 'COMPLETED', startDateStruct: { date: '2023-01', type: 'ACTUAL' } },
      designModule: {
        phases: ['PHASE2'],
        designInfo: { allocation: 'NA', interventionModel: 'SINGLE_GROUP', maskingInfo: { masking: 'NONE' } },
        enrollmentInfo: { count: 6, type: 'ACTUAL' },
      },
      armsInterventionsModule: {
        armGroups: [{ type: 'EXPERIMENTAL', interventionNames: ['Biological: Stromal cells'] }],
        interventions: [{ type: 'BIOLOGICAL' }],
      },
      outcomesModule: { primaryOutcomes: [{ measure: 'Overall response', timeFrame: '12 months' }] },
      eligibilityModule: { sex: 'ALL', minimumAge: '1 Year', healthyVolunteers: false },
    });
    expect(protocolSection.eligibilityModule.maximumAge).toBeUndefined();
  });
});

describe('a refusal', () => {
  test.each(REGISTRY_FORMATS.map((format) => [format.id, format] as const))(
    '%s writes nothing where the results contradict the report',
    async (_, format) => {
      const { report } = buildSixSubjectStudy();
      const wrong = { ...report, alive: { ...report.alive, count: 5 } };
      await expect(collectFormatFiles(format, buildSixSubjectStudy({ report: wrong }))).rejects.toMatchObject(
        {
          code: 'exports/inconsistent',
          message: expect.stringContaining('numDeaths: 2 here, 1 in the report'),
        },
      );
    },
  );

  test('a text that is too long is refused and not cut', async () => {
    const registry = { ...COMPLETE_REGISTRY, acronym: 'FIFTEEN-LETTERS' };
    await expect(writeSmallStudy({ registry })).rejects.toMatchObject({ at: 'clinical_study/acronym' });
  });

  test('a text that XML cannot represent is refused in any element', async () => {
    const registry = { ...COMPLETE_REGISTRY, collaborators: ['In\u0001stitute'] };
    await expect(writeSmallStudy({ registry })).rejects.toMatchObject({ code: 'exports/inconsistent' });
  });
});

describe('a partial upload', () => {
  test('carries both flags, and nothing but the adverse events', async () => {
    const files = await collectFormatFiles(ctgovAeXml, buildSixSubjectStudy());
    const study = parseClinicalStudy(files['ctgov-adverse-events.xml'] ?? '');
    expect(study['@partial_upload']).toBe('true');
    expect(study['rrs:result']?.['@partialUpload']).toBe('true');
    expect(Object.keys(study)).toEqual(['id_info', 'rrs:result', '@partial_upload']);
    expect(study.id_info).toEqual({ org_name: 'InventedOrg', org_study_id: 'INV-0001' });
    expect(Object.keys(study['rrs:result'] ?? {}).sort()).toEqual([
      '@partialUpload',
      'outcomeMeasures',
      'reportedEvents',
    ]);
  });

  test('a full one carries no flag', async () => {
    expect(await writeSmallStudy()).not.toMatch(/partial_?upload/i);
  });
});

describe('the same data', () => {
  test('yield the same bytes regardless of their order', async () => {
    const shuffled = [...SIX_SUBJECTS].reverse().map((one) => ({ ...one, facts: [...one.facts].reverse() }));
    for (const format of REGISTRY_FORMATS)
      expect(await collectFormatFiles(format, buildSixSubjectStudy({}, shuffled))).toEqual(
        await collectFormatFiles(format, buildSixSubjectStudy()),
      );
  });
});
