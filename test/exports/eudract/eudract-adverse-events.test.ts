import { describe, expect, test } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import { eudractAeXml } from '../../../src/exports/eudract/eudract.ts';
import { ORGAN_SYSTEM_EUTCT_IDS } from '../../../src/exports/eudract/organ-system-ids.ts';
import { ORGAN_SYSTEMS } from '../../../src/exports/registry-vocabulary.ts';
import { COMPLETE_REGISTRY } from '../registry-results/complete-registry.ts';
import { buildSixSubjectStudy, collectFormatFiles } from '../registry-results/six-subject-study.ts';

async function readExport() {
  const files = await collectFormatFiles(eudractAeXml, buildSixSubjectStudy());
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', parseTagValue: false });
  return parser.parse(files['eudract-adverse-events.xml'] ?? '')['aev:adverseEvents'];
}

describe('EudraCT adverse events', () => {
  test('are those of the results; what no fact says is nil, never none', async () => {
    const events = await readExport();
    const { reportingGroup: group } = events.reportingGroups;
    expect(group).toMatchObject({
      title: 'Stromal cells',
      subjectsAffectedByNonSeriousAdverseEvents: '2',
      subjectsAffectedBySeriousAdverseEvents: '2',
      subjectsExposed: '6',
      deathsAllCauses: '2',
      deathsResultingFromAdverseEvents: { '@xsi:nil': 'true' },
    });
    const [fever] = events.nonSeriousAdverseEvents.nonSeriousAdverseEvent;
    expect(fever).toMatchObject({ term: 'Fever', organSystem: { eutctId: '100000004867', version: '22' } });
    expect(fever.values.value).toMatchObject({
      occurrences: '2',
      subjectsAffected: '1',
      subjectsExposed: '6',
    });
    const serious = events.seriousAdverseEvents.seriousAdverseEvent;
    expect(serious.map(({ term }: { term: string }) => term)).toEqual(['Fever', 'Sepsis']);
    expect(serious[0].values.value.occurrencesCausallyRelatedToTreatment).toBeUndefined();
  });

  test('a group title of three characters is refused, as the upload would', async () => {
    const registry = { ...COMPLETE_REGISTRY, arms: [{ ...COMPLETE_REGISTRY.arms[0], label: 'MSC' }] };
    await expect(collectFormatFiles(eudractAeXml, buildSixSubjectStudy({ registry }))).rejects.toMatchObject({
      code: 'exports/inconsistent',
      at: 'reportingGroups/reportingGroup/title',
    });
  });

  test('every organ system has its own number', () => {
    expect(new Set(ORGAN_SYSTEMS.map((name) => ORGAN_SYSTEM_EUTCT_IDS[name])).size).toBe(27);
  });
});
