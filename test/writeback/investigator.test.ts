import { describe, expect, test } from '@jest/globals';
import type { InvestigatorAssessment } from '../../src/trial/assessment.ts';
import { composeResources } from '../../src/writeback/compose-resources.ts';
import {
  buildSampleAssessment,
  buildSampleAssessments,
  buildWritebackContext,
  createLastSentLookup,
  SAMPLE_INVESTIGATOR,
} from './sample-assessments.ts';

const ADAPTER_BASE = 'https://fhir-trial-adapter.example/fhir';
const LATER = buildWritebackContext({ now: '2026-06-09T08:00:00.000Z' });

const buildBoth = (...investigator: readonly InvestigatorAssessment[]) =>
  buildSampleAssessments({ assessments: [buildSampleAssessment()], investigator });

const composeFirst = (...investigator: readonly InvestigatorAssessment[]) =>
  composeResources(buildBoth(...investigator), undefined, buildWritebackContext(), () => undefined);

/** What is sent after the investigator's statement has changed; the engine's class stays as it is. */
function composeChange(now: readonly InvestigatorAssessment[]) {
  const sent = composeFirst(SAMPLE_INVESTIGATOR);
  return composeResources(
    buildBoth(...now),
    buildBoth(SAMPLE_INVESTIGATOR),
    LATER,
    createLastSentLookup(sent),
  );
}

describe("the investigator's class", () => {
  const [engine, investigator] = composeFirst(SAMPLE_INVESTIGATOR);

  test("is an Observation of its own beside the engine's, from which it is derived", () => {
    expect(investigator?.identifier).toBe(`${engine?.identifier}.investigator`);
    expect(investigator?.resource).toMatchObject({
      meta: { profile: [`${ADAPTER_BASE}/StructureDefinition/investigator-assessment`] },
      performer: [{ display: 'Dr A. Novak', identifier: { system: 'urn:staff', value: '17' } }],
      valueCodeableConcept: { coding: [{ code: 'CR' }] },
      note: [{ text: 'The platelet count of the second laboratory.' }],
      effectiveDateTime: '2026-06-03',
      derivedFrom: [{ identifier: { value: 'msc-aa.017.M3.overall.bsh-saa' } }],
    });
    expect(investigator?.resource).not.toHaveProperty('device');
    expect(investigator?.provenance).toMatchObject({
      entity: [{ what: { reference: 'Observation/adj-1/_history/1' } }],
    });
  });

  test("leaves the engine's class as it is", () => {
    expect(engine?.resource).toMatchObject({ valueCodeableConcept: { coding: [{ code: 'PR' }] } });
    expect(engine?.resource).not.toHaveProperty('performer');
  });

  test.each<[string, readonly InvestigatorAssessment[], readonly unknown[]]>([
    ['nothing changed', [SAMPLE_INVESTIGATOR], []],
    ['another class', [{ ...SAMPLE_INVESTIGATOR, class: 'NR' }], ['amended']],
    ['another reason', [{ ...SAMPLE_INVESTIGATOR, why: 'The film was reviewed.' }], ['amended']],
    ['another person', [{ ...SAMPLE_INVESTIGATOR, by: { name: 'B. Li', identifier: null } }], ['amended']],
    ['taken back', [], ['entered-in-error']],
  ])('is sent again as needed: %s', (_title, now, statuses) => {
    expect(composeChange(now).map(({ resource }) => resource.status)).toEqual(statuses);
  });
});
