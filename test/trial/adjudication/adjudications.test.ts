import { describe, expect, test } from '@jest/globals';
import { applyEventAdjudications } from '../../../src/trial/adjudication/adjudicated-events.ts';
import { applyInfectionAdjudications } from '../../../src/trial/adjudication/adjudicated-infections.ts';
import { findEvaluability } from '../../../src/trial/adjudication/evaluability.ts';
import {
  listInvestigatorAssessments,
  selectPrimaryAssessment,
} from '../../../src/trial/adjudication/investigator-response.ts';
import { findStatedSeverity } from '../../../src/trial/adjudication/stated-severity.ts';
import type { Assessment, ResponseClass } from '../../../src/trial/assessment.ts';
import { measureFollowUp } from '../../../src/trial/endpoints/follow-up.ts';
import type { AdverseEventFact, ConditionFact } from '../../../src/trial/facts.ts';
import {
  type AdjudicationCase,
  buildCaseMoment,
  buildCaseSource,
  buildStatedFacts,
  listExpectedKinds,
  listQuestionKinds,
  readAdjudicationCases,
} from './adjudication-cases.ts';

const EVENT: AdverseEventFact = {
  kind: 'adverse-event',
  key: 'adverse-event|12',
  subject: 'S-1',
  at: buildCaseMoment('2026-03-12'),
  sources: [buildCaseSource('AdverseEvent', '12')],
  term: 'Fever',
  code: null,
  system: null,
  systemVersion: null,
  grade: 4,
  severity: null,
  serious: true,
  causality: 'possible',
  outcome: null,
  resolved: null,
};

const INFECTION: ConditionFact = {
  kind: 'condition',
  key: 'condition|i1',
  subject: 'S-1',
  at: buildCaseMoment('2026-03-10'),
  sources: [buildCaseSource('Condition', 'i1')],
  condition: 'infection',
  active: false,
  abated: buildCaseMoment('2026-03-20'),
};

const ENGINE: Assessment = {
  study: 'msc-aa',
  subject: 'S-1',
  visit: 'M3',
  scope: 'overall',
  kind: 'response-at-visit',
  criteria: { id: 'bsh-saa', version: '1.0.0' },
  value: { kind: 'class', class: 'PR' },
  status: 'final',
  effective: '2026-06-01',
  reasons: [],
  trace: [],
  evidence: [],
  supporting: [],
};

interface SeverityCase extends AdjudicationCase {
  readonly severity: string | null;
}

describe('severity at diagnosis', () => {
  test.each(readAdjudicationCases<SeverityCase>('severity').map((entry) => [entry.title, entry] as const))(
    '%s',
    (_title, entry) => {
      const facts = buildStatedFacts(entry);
      expect(findStatedSeverity(facts)?.severity ?? null).toBe(entry.severity);
      expect(listQuestionKinds(facts)).toEqual(listExpectedKinds(entry));
      expect(findStatedSeverity(facts.toReversed())?.severity ?? null).toBe(entry.severity);
    },
  );
});

interface EventCase extends AdjudicationCase, Pick<AdverseEventFact, 'grade' | 'serious' | 'causality'> {
  readonly asSent: AdverseEventFact['asSent'] | null;
}

describe('adverse events', () => {
  test.each(readAdjudicationCases<EventCase>('events').map((entry) => [entry.title, entry] as const))(
    '%s',
    (_title, entry) => {
      const facts = [EVENT, ...buildStatedFacts(entry)];
      const { grade, serious, causality, asSent } = applyEventAdjudications(facts)[0] as AdverseEventFact;
      expect({ grade, serious, causality, asSent: asSent ?? null }).toEqual({
        grade: entry.grade,
        serious: entry.serious,
        causality: entry.causality,
        asSent: entry.asSent,
      });
      expect(listQuestionKinds(facts)).toEqual(listExpectedKinds(entry));
    },
  );
});

interface InfectionCase extends AdjudicationCase {
  readonly infections: readonly (readonly [from: string, to: string | null])[];
}

describe('infections', () => {
  test.each(readAdjudicationCases<InfectionCase>('infections').map((entry) => [entry.title, entry] as const))(
    '%s',
    (_title, entry) => {
      const facts = [INFECTION, ...buildStatedFacts(entry)];
      const counted = applyInfectionAdjudications(facts).filter((fact) => fact.kind === 'condition');
      expect(counted.map(({ at, abated }) => [at.text, abated?.text ?? null])).toEqual(entry.infections);
      expect(listQuestionKinds(facts)).toEqual(listExpectedKinds(entry));
    },
  );
});

interface EvaluabilityCase extends AdjudicationCase {
  readonly evaluable: string | null;
  readonly perProtocol: string | null;
}

describe('evaluability', () => {
  test.each(
    readAdjudicationCases<EvaluabilityCase>('evaluability').map((entry) => [entry.title, entry] as const),
  )('%s', (_title, entry) => {
    const facts = buildStatedFacts(entry);
    const { evaluable, perProtocol } = findEvaluability(facts);
    expect([evaluable?.holds ?? null, perProtocol?.holds ?? null]).toEqual([
      entry.evaluable,
      entry.perProtocol,
    ]);
    expect(listQuestionKinds(facts)).toEqual(listExpectedKinds(entry));
  });
});

interface ResponseCase extends AdjudicationCase {
  readonly engine: ResponseClass;
  readonly class: ResponseClass | null;
  readonly agrees?: boolean;
  readonly isOutdated?: boolean;
  readonly primary: readonly [ResponseClass, string];
}

describe("the investigator's class", () => {
  test.each(readAdjudicationCases<ResponseCase>('responses').map((entry) => [entry.title, entry] as const))(
    '%s',
    (_title, entry) => {
      const facts = buildStatedFacts(entry);
      const engine: Assessment = { ...ENGINE, value: { kind: 'class', class: entry.engine } };
      const investigator = listInvestigatorAssessments(facts, [engine]);
      expect(investigator[0]?.class ?? null).toBe(entry.class);
      if (entry.class !== null)
        expect(investigator[0]).toMatchObject({ agrees: entry.agrees, isOutdated: entry.isOutdated });
      const { assessment, assessor } = selectPrimaryAssessment(engine, investigator, 'investigator');
      expect([assessment.value, assessor]).toEqual([
        { kind: 'class', class: entry.primary[0] },
        entry.primary[1],
      ]);
      expect(selectPrimaryAssessment(engine, investigator, 'engine')).toEqual({
        assessment: engine,
        assessor: 'engine',
      });
      expect(listQuestionKinds(facts)).toEqual(listExpectedKinds(entry));
    },
  );
});

test('a statement about a subject is no contact with them', () => {
  const [stated] = readAdjudicationCases<AdjudicationCase>('severity').map(buildStatedFacts);
  expect(measureFollowUp('2026-03-01', [EVENT, ...(stated ?? [])], '2026-12-01').days).toBe(11);
});
