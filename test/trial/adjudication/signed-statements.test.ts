import { expect, test } from '@jest/globals';
import {
  formatInvestigatorClass,
  formatOtherAdjudications,
  formatSeverity,
} from '../../../src/trial/adjudication/explain-adjudications.ts';
import type { DecisionValidity } from '../../../src/trial/decision-validity.ts';
import type { AdjudicationFact } from '../../../src/trial/facts.ts';

/** 21 CFR 11.50(b): name, time and meaning are part of every human-readable form of what was signed. */
const SIGNED: DecisionValidity = {
  ...{ state: 'signed', name: 'Prof. A. Novak' },
  ...{ at: '2026-03-02T09:15:30.000Z', meaning: 'authorship of it' },
};
const SHOWN = ['Prof. A. Novak', '2026-03-02 09:15:30 UTC', 'authorship of it'];

const buildStatement = (
  id: string,
  statement: AdjudicationFact['statement'],
  validity?: DecisionValidity,
): AdjudicationFact => ({
  ...{ kind: 'adjudication', key: id, subject: 'S-1', statement, origin: 'person', why: null },
  at: { text: '2026-03-02', earliestDay: '2026-03-02', latestDay: '2026-03-02', instant: null },
  by: { name: 'Prof. A. Novak', identifier: null },
  statedAt: '2026-03-02T09:15:30.000Z',
  sources: [{ site: 's', resourceType: 'Observation', id, version: '1', element: 'Observation' }],
  ...(validity === undefined ? {} : { validity }),
});

const SEVERITY = buildStatement('a', { topic: 'severity-at-diagnosis', severity: 'SAA' }, SIGNED);
const EVALUABLE = buildStatement('b', { topic: 'evaluability', holds: true }, SIGNED);

test('the severity, the investigator’s class and what else is stated are shown with their signature', () => {
  const source = SEVERITY.sources[0];
  const by = { name: 'Prof. A. Novak', identifier: null };
  const severity = formatSeverity(
    { severity: 'SAA', severityAtDiagnosis: { severity: 'SAA', by, why: null, source } as never },
    [SEVERITY],
  );
  const visit = { study: 'x', subject: 'S-1', visit: 'M3', scope: 'overall', kind: 'response-at-visit' };
  const entry = {
    ...visit,
    class: 'PR',
    engineClass: 'PR',
    agrees: true,
    by,
    why: null,
    statedAt: null,
    source,
  };
  const [own = ''] = formatInvestigatorClass({ investigator: [entry] as never }, visit as never, [SEVERITY]);
  const [other = ''] = formatOtherAdjudications([EVALUABLE]);
  for (const text of [severity, own, other]) for (const part of SHOWN) expect(text).toContain(part);
});

test('what the site has sent has no signature, and none is shown', () => {
  const [text = ''] = formatOtherAdjudications([buildStatement('c', { topic: 'evaluability', holds: true })]);
  expect(text).not.toContain('UTC');
});
