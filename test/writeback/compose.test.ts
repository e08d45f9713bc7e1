import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Assessment, Judgement } from '../../src/trial/assessment.ts';
import { composeOwed, unsaid } from '../../src/writeback/compose.ts';
import type { Owed } from '../../src/writeback/owed.ts';
import { loadR4, r4Problems } from './r4.ts';
import {
  assessment,
  context,
  DEVIATION,
  judgement,
  PROPOSAL,
  plateletInput,
  source,
  told,
} from './sample.ts';

const B = 'https://fhir-trial-adapter.example/fhir';
const NOTHING = () => undefined;
const LATER = context({ now: '2026-06-09T08:00:00.000Z' });

function of(a: Partial<Assessment>): Judgement {
  return judgement({ assessments: [assessment(a)] });
}

function first(j: Judgement): readonly Owed[] {
  return composeOwed(j, undefined, context(), NOTHING);
}

/** The status after `now` replaces `before`, of which all was delivered; null where nothing is owed. */
function statusAfter(before: Judgement, now: Judgement): unknown {
  const owed = composeOwed(now, before, LATER, told(first(before)));
  expect(owed.length).toBeLessThan(2);
  return owed[0]?.resource.status ?? null;
}

describe('a first judgement', () => {
  const [owed] = first(judgement());

  test('owes an Observation that says all that the contract lists', () => {
    expect(owed?.identifier).toBe(`${B}/sid/assessment|msc-aa.017.M3.overall.bsh-saa`);
    expect(owed?.resource).toMatchObject({
      resourceType: 'Observation',
      meta: { profile: [`${B}/StructureDefinition/response-assessment`] },
      identifier: [{ system: `${B}/sid/assessment`, value: 'msc-aa.017.M3.overall.bsh-saa' }],
      status: 'final',
      code: { coding: [{ system: `${B}/CodeSystem/assessment`, code: 'response-at-visit' }] },
      subject: { reference: 'Patient/p-17' },
      effectiveDateTime: '2026-06-01',
      issued: '2026-06-02T08:00:00.000Z',
      valueCodeableConcept: { coding: [{ system: `${B}/CodeSystem/response-class`, code: 'PR' }] },
      method: { coding: [{ system: `${B}/CodeSystem/criteria-set`, version: '1.0.0', code: 'bsh-saa' }] },
      derivedFrom: [{ reference: 'Observation/plt-1' }, { reference: 'Observation/plt-2' }],
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/workflow-researchStudy',
          valueReference: { identifier: { system: 'https://registry.example/studies', value: 'msc-aa' } },
        },
        {
          url: 'http://hl7.org/fhir/StructureDefinition/workflow-supportingInfo',
          valueReference: { reference: 'Procedure/t-1' },
        },
      ],
    });
  });

  test('names every input version and the criteria in the Provenance, and leaves the target open', () => {
    expect(owed?.provenance).toMatchObject({
      recorded: '2026-06-02T08:00:00.000Z',
      policy: [`${B}/criteria/bsh-saa|1.0.0`],
      activity: { coding: [{ code: 'CREATE' }] },
      entity: [
        { role: 'source', what: { reference: 'Observation/plt-1/_history/3' } },
        { role: 'source', what: { reference: 'Observation/plt-2/_history/1' } },
        { role: 'source', what: { reference: 'Procedure/t-1/_history/1' } },
      ],
    });
    expect(owed?.provenance).not.toHaveProperty('target');
  });

  test('does not depend on the order in which evidence was found', () => {
    const evidence = [source('plt-1', '3'), source('plt-2', '1')];
    expect(first(of({ evidence }))[0]?.resource).toEqual(owed?.resource);
  });
});

describe('values', () => {
  test('NE is a value, and no reason for absent data', () => {
    const [owed] = first(of({ value: { kind: 'class', class: 'NE' }, evidence: [], supporting: [] }));
    expect(owed?.resource).toMatchObject({ valueCodeableConcept: { coding: [{ code: 'NE' }] } });
    expect(owed?.resource).not.toHaveProperty('dataAbsentReason');
    expect(owed?.resource).not.toHaveProperty('derivedFrom');
    expect(owed?.provenance).not.toHaveProperty('entity');
  });

  test('a time to response is a quantity in days', () => {
    const days = { kind: 'time-to-lineage-response', visit: 'all', scope: 'platelet' } as const;
    const [owed] = first(of({ ...days, value: { kind: 'days', days: 31 } }));
    expect(owed?.identifier).toMatch(/\|msc-aa\.017\.all\.platelet\.bsh-saa$/);
    expect(owed?.resource).toMatchObject({
      valueQuantity: { value: 31, code: 'd', system: 'http://unitsofmeasure.org' },
    });
  });
});

describe('references', () => {
  test('a patient known by a business identifier is referred to by it', () => {
    const [owed] = composeOwed(judgement(), undefined, context({ patient: 'urn:oid:1.2|A|1' }), NOTHING);
    expect(owed?.resource.subject).toEqual({
      type: 'Patient',
      identifier: { system: 'urn:oid:1.2', value: 'A|1' },
    });
  });

  test('what another site sent is named in words: this EHR could not resolve it', () => {
    const [owed] = first(of({ evidence: [source('x', '1', { site: 'bj' })], supporting: [] }));
    expect(owed?.resource.derivedFrom).toEqual([{ type: 'Observation', display: 'Observation of site bj' }]);
    expect(JSON.stringify(owed?.provenance)).not.toContain('Observation/x');
  });

  test('members of one panel are one reference; a version that is no FHIR id stays readable', () => {
    const at = '2026-03-02T08:00:00Z';
    const evidence = ['a', 'b'].map((element) => source('panel', at, { element }));
    const [owed] = first(of({ evidence, supporting: [] }));
    expect(owed?.resource.derivedFrom).toEqual([{ reference: 'Observation/panel' }]);
    expect(owed?.provenance.entity).toEqual([
      { role: 'source', what: { reference: 'Observation/panel', display: `version ${at}` } },
    ]);
  });

  test('evidence that is no Observation is supporting information, not derivedFrom', () => {
    const evidence = [source('r-1', '1', { resourceType: 'DiagnosticReport' })];
    const [owed] = first(of({ evidence, supporting: [] }));
    expect(owed?.resource).not.toHaveProperty('derivedFrom');
    expect(JSON.stringify(owed?.resource.extension)).toContain('DiagnosticReport/r-1');
  });
});

describe('a later judgement', () => {
  const final = of({});
  const preliminary = of({ status: 'preliminary' });
  const nr = of({ value: { kind: 'class', class: 'NR' } });

  test.each([
    ['the same', final, of({}), null],
    ['the same, in other words', final, of({ reasons: ['Said otherwise.'] }), null],
    ['another class', final, nr, 'amended'],
    ['another day', final, of({ effective: '2026-06-03' }), 'amended'],
    ['other evidence', final, of({ evidence: [source('plt-9', '1')] }), 'amended'],
    ['other criteria version', final, of({ criteria: { id: 'bsh-saa', version: '1.1.0' } }), 'amended'],
    ['confirmed', preliminary, final, 'final'],
    ['confirmed with another class', preliminary, nr, 'final'],
    ['still pending, same', preliminary, preliminary, null],
    ['its confirming count is gone', final, preliminary, 'preliminary'],
    ['withdrawn', final, judgement({ assessments: [] }), 'entered-in-error'],
  ])('%s', (_name, before, now, status) => {
    expect(statusAfter(before, now)).toBe(status);
  });

  test('a corrected count that changes no class amends: the reasons name another value', () => {
    const evidence = [source('plt-2', '2'), source('plt-1', '3')];
    const trace = assessment().trace.map((t) => ({
      ...t,
      inputs: evidence.map((s) => plateletInput('25', s)),
    }));
    expect(statusAfter(final, of({ evidence, trace }))).toBe('amended');
  });

  test('the same facts and class in other words: nothing is written back', () => {
    const reworded = assessment().trace.map((t) => ({
      ...t,
      criterion: 'platelet count above 20 10*9/L',
      inputs: assessment().evidence.map((s) => plateletInput('24', s, 'platelet count')),
    }));
    expect(statusAfter(final, of({ trace: reworded }))).toBeNull();
  });

  test('what was stored with wording only is no other value', () => {
    const stored = assessment().trace.map((t) => ({
      ...t,
      inputs: t.inputs.map(({ stated: _, ...words }) => words),
    }));
    expect(statusAfter(of({ trace: stored }), final)).toBeNull();
    expect(statusAfter(of({ trace: stored }), nr)).toBe('amended');
  });

  test('a new version that says the same changes nothing', () => {
    const evidence = [source('plt-2', '2'), source('plt-1', '3')];
    expect(statusAfter(final, of({ evidence }))).toBeNull();
  });

  test('a new release of this software alone changes nothing', () => {
    const study = { ...LATER.study, title: 'Said otherwise' };
    const release = context({ softwareVersion: '9.9.9', study, now: LATER.now });
    expect(composeOwed(final, final, release, told(first(final)))).toEqual([]);
  });

  test('amended stays amended when it changes again, and its issued moves', () => {
    const amended = composeOwed(nr, final, LATER, told(first(final)));
    expect(amended[0]?.resource).toMatchObject({ status: 'amended', issued: LATER.now });
    expect(composeOwed(nr, nr, LATER, told(amended))).toEqual([]);
    expect(composeOwed(final, nr, LATER, told(amended))[0]?.resource.status).toBe('amended');
  });

  test('withdrawn keeps its value, is said once, and may hold again', () => {
    const none = judgement({ assessments: [] });
    const withdrawn = composeOwed(none, final, LATER, told(first(final)));
    expect(withdrawn[0]?.resource).toMatchObject({
      status: 'entered-in-error',
      valueCodeableConcept: { coding: [{ code: 'PR' }] },
    });
    expect(withdrawn[0]?.provenance).toMatchObject({ activity: { coding: [{ code: 'NULLIFY' }] } });
    expect(composeOwed(none, final, LATER, told(withdrawn))).toEqual([]);
    const again = composeOwed(final, none, LATER, told(withdrawn));
    expect(again[0]?.resource.status).toBe('amended');
  });

  test('what no EHR has seen is no amendment', () => {
    const owed = composeOwed(nr, final, LATER, told(first(final), 0));
    expect(owed[0]?.resource.status).toBe('final');
    expect(owed[0]?.provenance).toMatchObject({ activity: { coding: [{ code: 'CREATE' }] } });
    const attempted = composeOwed(nr, final, LATER, told(first(final), 1));
    expect(attempted[0]?.resource.status).toBe('amended');
  });
});

test('a better name for the patient is sent, and amends nothing', () => {
  const before = judgement();
  const sent = first(before);
  const renamed = composeOwed(before, before, { ...LATER, patient: 'Patient/better' }, told(sent));
  expect(renamed).toHaveLength(sent.length);
  for (const [index, { resource }] of renamed.entries())
    expect(resource.status).toBe(sent[index]?.resource.status);
});

describe('what no longer holds and no EHR has seen', () => {
  const none = judgement({ assessments: [] });

  test('is forgotten, and no withdrawal is owed', () => {
    const before = judgement();
    const previous = told(first(before), 0);
    expect(composeOwed(none, before, LATER, previous)).toEqual([]);
    expect(unsaid(none, before, previous)).toEqual(first(before).map((one) => one.identifier));
  });

  test('what was handed out is withdrawn instead', () => {
    const before = judgement();
    const previous = told(first(before), 1);
    expect(unsaid(none, before, previous)).toEqual([]);
    expect(composeOwed(none, before, LATER, previous).map((one) => one.resource.status)).toContain(
      'entered-in-error',
    );
  });
});

describe('deviations and proposals', () => {
  const both = judgement({ deviations: [DEVIATION], proposals: [PROPOSAL] });
  const byType = (owed: readonly Owed[], type: string) => owed.find((one) => one.resourceType === type);

  test('a deviation is a DetectedIssue', () => {
    expect(byType(first(both), 'DetectedIssue')?.resource).toMatchObject({
      identifier: [{ system: `${B}/sid/deviation`, value: 'msc-aa.017.dose-out-of-range.2' }],
      status: 'final',
      severity: 'moderate',
      identifiedDateTime: '2026-06-02T08:00:00.000Z',
      evidence: [{ detail: [{ reference: 'MedicationAdministration/inf-2' }] }],
    });
  });

  test('a response proposes four infusions, for the reason of its assessment', () => {
    expect(byType(first(both), 'ServiceRequest')?.resource).toMatchObject({
      status: 'active',
      intent: 'proposal',
      quantityQuantity: { value: 4 },
      occurrenceDateTime: '2026-06-01',
      reasonReference: [{ type: 'Observation', identifier: { value: 'msc-aa.017.M3.overall.bsh-saa' } }],
    });
  });

  test('when the response is gone the proposal is revoked and the deviation entered in error', () => {
    const now = composeOwed(judgement(), both, LATER, told(first(both)));
    expect(now.map(({ resource }) => [resource.resourceType, resource.status])).toEqual([
      ['DetectedIssue', 'entered-in-error'],
      ['ServiceRequest', 'revoked'],
    ]);
  });

  test('a changed deviation is amended and keeps the instant at which it was found', () => {
    const changed = judgement({
      deviations: [{ ...DEVIATION, detail: 'The dose of infusion 2 was 2.6 10*6/kg.' }],
      proposals: [PROPOSAL],
    });
    const [issue, ...rest] = composeOwed(changed, both, LATER, told(first(both)));
    expect(issue?.resource).toMatchObject({
      status: 'amended',
      identifiedDateTime: '2026-06-02T08:00:00.000Z',
    });
    expect(rest).toEqual([]);
  });
});

describe('an R4 validator that knows nothing of this adapter', () => {
  beforeAll(loadR4);
  const full = judgement({
    assessments: [
      assessment(),
      assessment({ visit: 'all', kind: 'best-response' }),
      assessment({ scope: 'platelet', kind: 'lineage-response-at-visit', status: 'preliminary' }),
      assessment({
        visit: 'all',
        scope: 'neutrophil',
        kind: 'time-to-lineage-response',
        value: { kind: 'days', days: 19 },
      }),
      assessment({ visit: 'M6', value: { kind: 'class', class: 'NE' }, evidence: [], supporting: [] }),
    ],
    deviations: [DEVIATION],
    proposals: [PROPOSAL],
  });
  const problems = (owed: readonly Owed[]) =>
    owed.flatMap((one) => [
      ...r4Problems(one.resource),
      ...r4Problems({ ...one.provenance, target: [{ reference: 'Observation/1' }] }),
    ]);

  test('finds every first resource and every withdrawal valid', () => {
    const owed = first(full);
    expect(owed).toHaveLength(7);
    expect(problems(owed)).toEqual([]);
    const withdrawn = composeOwed(judgement({ assessments: [] }), full, LATER, told(owed));
    expect(withdrawn).toHaveLength(7);
    expect(problems(withdrawn)).toEqual([]);
  });

  test('does find faults', () => {
    const [owed] = first(full);
    expect(r4Problems({ ...owed?.resource, status: undefined })).not.toEqual([]);
    expect(r4Problems({ ...owed?.resource, effectiveDateTime: 'yesterday' })).not.toEqual([]);
  });
});
