import { expect, test } from '@jest/globals';
import { assessSubject } from '../../src/trial/assess-subject.ts';
import { addDays } from '../../src/trial/calendar-days.ts';
import type { Fact } from '../../src/trial/facts.ts';
import {
  buildVignetteFacts,
  buildVignetteSubject,
  DAY_ZERO,
  readBundledCriteria,
  readBundledProtocol,
} from './vignette.ts';

const DAY_OF_M3 = addDays(DAY_ZERO, 91);

/** Gives the neutrophils and platelets of day 91 the same resource, each at a site of its own. */
function shareResourceId(fact: Fact): Fact {
  if (fact.kind !== 'lab' || fact.at.latestDay !== DAY_OF_M3) return fact;
  if (fact.analyte !== 'anc' && fact.analyte !== 'platelets') return fact;
  const site = fact.analyte === 'platelets' ? 'site-2' : 'site-1';
  return { ...fact, sources: [{ ...fact.sources[0], site, id: 'shared' }] };
}

test('results of two sites with the same resource id are both evidence', () => {
  const counts = { anc: '0.8', hb: '95', plt: '40', ret: '70' };
  const vignette = { name: '-', follows: '-', today: 100, counts: [[91, counts]] as const, expect: {} };
  const { assessments } = assessSubject({
    subject: buildVignetteSubject({}),
    facts: buildVignetteFacts(vignette).map(shareResourceId),
    protocol: readBundledProtocol(),
    criteria: readBundledCriteria(),
    today: addDays(DAY_ZERO, 100),
  });
  const overall = assessments.find(({ visit, scope }) => visit === 'M3' && scope === 'overall');
  const shared = overall?.evidence.filter(({ id }) => id === 'shared') ?? [];
  expect(shared.map(({ site }) => site).sort()).toEqual(['site-1', 'site-2']);
});
