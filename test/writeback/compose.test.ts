import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Assessment, SubjectAssessment } from '../../src/trial/assessment.ts';
import { composeResources, findObsoleteUnsent } from '../../src/writeback/compose-resources.ts';
import type { OutgoingResource } from '../../src/writeback/outgoing-resource.ts';
import { listR4Problems, loadR4 } from './r4-validator.ts';
import {
  buildPlateletInput,
  buildSampleAssessment,
  buildSampleAssessments,
  buildSampleSource,
  buildWritebackContext,
  createLastSentLookup,
  SAMPLE_DEVIATION,
  SAMPLE_PROPOSAL,
} from './sample-assessments.ts';

const ADAPTER_BASE = 'https://fhir-trial-adapter.example/fhir';
const findNothing = () => undefined;
const LATER = buildWritebackContext({ now: '2026-06-09T08:00:00.000Z' });

function buildOneAssessment(over: Partial<Assessment>): SubjectAssessment {
  return buildSampleAssessments({ assessments: [buildSampleAssessment(over)] });
}

function composeFirst(assessment: SubjectAssessment): readonly OutgoingResource[] {
  return composeResources(assessment, undefined, buildWritebackContext(), findNothing);
}

/** The status that is sent when `now` replaces `before`, which was delivered in full; null where nothing is sent. */
function composeStatus(before: SubjectAssessment, now: SubjectAssessment): unknown {
  const outgoing = composeResources(now, before, LATER, createLastSentLookup(composeFirst(before)));
  expect(outgoing.length).toBeLessThan(2);
  return outgoing[0]?.resource.status ?? null;
}

describe('a first assessment', () => {
  const [outgoing] = composeFirst(buildSampleAssessments());

  test('becomes an Observation with every element of the contract', () => {
    expect(outgoing?.identifier).toBe(`${ADAPTER_BASE}/sid/assessment|msc-aa.017.M3.overall.bsh-saa`);
    expect(outgoing?.resource).toMatchObject({
      resourceType: 'Observation',
      meta: { profile: [`${ADAPTER_BASE}/StructureDefinition/response-assessment`] },
      identifier: [{ system: `${ADAPTER_BASE}/sid/assessment`, value: 'msc-aa.017.M3.overall.bsh-saa' }],
      status: 'final',
      code: { coding: [{ system: `${ADAPTER_BASE}/CodeSystem/assessment`, code: 'response-at-visit' }] },
      subject: { reference: 'Patient/p-17' },
      effectiveDateTime: '2026-06-01',
      issued: '2026-06-02T08:00:00.000Z',
      valueCodeableConcept: { coding: [{ system: `${ADAPTER_BASE}/CodeSystem/response-class`, code: 'PR' }] },
      method: {
        coding: [{ system: `${ADAPTER_BASE}/CodeSystem/criteria-set`, version: '1.0.0', code: 'bsh-saa' }],
      },
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

  test('has a Provenance that names every source version and the criteria, without a target', () => {
    expect(outgoing?.provenance).toMatchObject({
      recorded: '2026-06-02T08:00:00.000Z',
      policy: [`${ADAPTER_BASE}/criteria/bsh-saa|1.0.0`],
      activity: { coding: [{ code: 'CREATE' }] },
      entity: [
        { role: 'source', what: { reference: 'Observation/plt-1/_history/3' } },
        { role: 'source', what: { reference: 'Observation/plt-2/_history/1' } },
        { role: 'source', what: { reference: 'Procedure/t-1/_history/1' } },
      ],
    });
    expect(outgoing?.provenance).not.toHaveProperty('target');
  });

  test('does not depend on the order in which evidence was found', () => {
    const evidence = [buildSampleSource('plt-1', '3'), buildSampleSource('plt-2', '1')];
    expect(composeFirst(buildOneAssessment({ evidence }))[0]?.resource).toEqual(outgoing?.resource);
  });
});

describe('values', () => {
  test('NE is a value and not a reason for absent data', () => {
    const [outgoing] = composeFirst(
      buildOneAssessment({ value: { kind: 'class', class: 'NE' }, evidence: [], supporting: [] }),
    );
    expect(outgoing?.resource).toMatchObject({ valueCodeableConcept: { coding: [{ code: 'NE' }] } });
    expect(outgoing?.resource).not.toHaveProperty('dataAbsentReason');
    expect(outgoing?.resource).not.toHaveProperty('derivedFrom');
    expect(outgoing?.provenance).not.toHaveProperty('entity');
  });

  test('a time to response is a quantity in days', () => {
    const days = { kind: 'time-to-lineage-response', visit: 'all', scope: 'platelet' } as const;
    const [outgoing] = composeFirst(buildOneAssessment({ ...days, value: { kind: 'days', days: 31 } }));
    expect(outgoing?.identifier).toMatch(/\|msc-aa\.017\.all\.platelet\.bsh-saa$/);
    expect(outgoing?.resource).toMatchObject({
      valueQuantity: { value: 31, code: 'd', system: 'http://unitsofmeasure.org' },
    });
  });
});

describe('references', () => {
  test('a patient with a business identifier only is referred to by it', () => {
    const [outgoing] = composeResources(
      buildSampleAssessments(),
      undefined,
      buildWritebackContext({ patient: 'urn:oid:1.2|A|1' }),
      findNothing,
    );
    expect(outgoing?.resource.subject).toEqual({
      type: 'Patient',
      identifier: { system: 'urn:oid:1.2', value: 'A|1' },
    });
  });

  test('a source of another site is referred to by a display: this EHR cannot resolve it', () => {
    const [outgoing] = composeFirst(
      buildOneAssessment({ evidence: [buildSampleSource('x', '1', { site: 'bj' })], supporting: [] }),
    );
    expect(outgoing?.resource.derivedFrom).toEqual([
      { type: 'Observation', display: 'Observation of site bj' },
    ]);
    expect(JSON.stringify(outgoing?.provenance)).not.toContain('Observation/x');
  });

  test('members of one panel are one reference; a version that is not a FHIR id is shown as a display', () => {
    const at = '2026-03-02T08:00:00Z';
    const evidence = ['a', 'b'].map((element) => buildSampleSource('panel', at, { element }));
    const [outgoing] = composeFirst(buildOneAssessment({ evidence, supporting: [] }));
    expect(outgoing?.resource.derivedFrom).toEqual([{ reference: 'Observation/panel' }]);
    expect(outgoing?.provenance.entity).toEqual([
      { role: 'source', what: { reference: 'Observation/panel', display: `version ${at}` } },
    ]);
  });

  test('evidence other than Observations is supporting information, not derivedFrom', () => {
    const evidence = [buildSampleSource('r-1', '1', { resourceType: 'DiagnosticReport' })];
    const [outgoing] = composeFirst(buildOneAssessment({ evidence, supporting: [] }));
    expect(outgoing?.resource).not.toHaveProperty('derivedFrom');
    expect(JSON.stringify(outgoing?.resource.extension)).toContain('DiagnosticReport/r-1');
  });
});

describe('a re-evaluation', () => {
  const final = buildOneAssessment({});
  const preliminary = buildOneAssessment({ status: 'preliminary' });
  const nr = buildOneAssessment({ value: { kind: 'class', class: 'NR' } });

  test.each([
    ['the same', final, buildOneAssessment({}), null],
    ['the same, worded differently', final, buildOneAssessment({ reasons: ['Other words.'] }), null],
    ['another class', final, nr, 'amended'],
    ['another day', final, buildOneAssessment({ effective: '2026-06-03' }), 'amended'],
    ['other evidence', final, buildOneAssessment({ evidence: [buildSampleSource('plt-9', '1')] }), 'amended'],
    [
      'other criteria version',
      final,
      buildOneAssessment({ criteria: { id: 'bsh-saa', version: '1.1.0' } }),
      'amended',
    ],
    ['confirmed', preliminary, final, 'final'],
    ['confirmed with another class', preliminary, nr, 'final'],
    ['still pending, same', preliminary, preliminary, null],
    ['its confirming count is gone', final, preliminary, 'preliminary'],
    ['withdrawn', final, buildSampleAssessments({ assessments: [] }), 'entered-in-error'],
  ])('%s', (_name, before, now, status) => {
    expect(composeStatus(before, now)).toBe(status);
  });

  test('a corrected count amends although the class is the same: the deciding value is another', () => {
    const evidence = [buildSampleSource('plt-2', '2'), buildSampleSource('plt-1', '3')];
    const trace = buildSampleAssessment().trace.map((t) => ({
      ...t,
      inputs: evidence.map((s) => buildPlateletInput('25', s)),
    }));
    expect(composeStatus(final, buildOneAssessment({ evidence, trace }))).toBe('amended');
  });

  test('the same facts and class, worded differently, are not written back', () => {
    const reworded = buildSampleAssessment().trace.map((t) => ({
      ...t,
      criterion: 'platelet count above 20 10*9/L',
      inputs: buildSampleAssessment().evidence.map((s) => buildPlateletInput('24', s, 'platelet count')),
    }));
    expect(composeStatus(final, buildOneAssessment({ trace: reworded }))).toBeNull();
  });

  test('a stored assessment that holds wording only does not count as another value', () => {
    const stored = buildSampleAssessment().trace.map((t) => ({
      ...t,
      inputs: t.inputs.map(({ stated: _, ...words }) => words),
    }));
    expect(composeStatus(buildOneAssessment({ trace: stored }), final)).toBeNull();
    expect(composeStatus(buildOneAssessment({ trace: stored }), nr)).toBe('amended');
  });

  test('a new version with the same content changes nothing', () => {
    const evidence = [buildSampleSource('plt-2', '2'), buildSampleSource('plt-1', '3')];
    expect(composeStatus(final, buildOneAssessment({ evidence }))).toBeNull();
  });

  test('a new release of this software alone changes nothing', () => {
    const study = { ...LATER.study, title: 'Another title' };
    const release = buildWritebackContext({ softwareVersion: '9.9.9', study, now: LATER.now });
    expect(composeResources(final, final, release, createLastSentLookup(composeFirst(final)))).toEqual([]);
  });

  test('amended stays amended when it changes again, and its issued follows', () => {
    const amended = composeResources(nr, final, LATER, createLastSentLookup(composeFirst(final)));
    expect(amended[0]?.resource).toMatchObject({ status: 'amended', issued: LATER.now });
    expect(composeResources(nr, nr, LATER, createLastSentLookup(amended))).toEqual([]);
    expect(composeResources(final, nr, LATER, createLastSentLookup(amended))[0]?.resource.status).toBe(
      'amended',
    );
  });

  test('a withdrawal keeps the value, is sent once, and may be reversed', () => {
    const none = buildSampleAssessments({ assessments: [] });
    const withdrawn = composeResources(none, final, LATER, createLastSentLookup(composeFirst(final)));
    expect(withdrawn[0]?.resource).toMatchObject({
      status: 'entered-in-error',
      valueCodeableConcept: { coding: [{ code: 'PR' }] },
    });
    expect(withdrawn[0]?.provenance).toMatchObject({ activity: { coding: [{ code: 'NULLIFY' }] } });
    expect(composeResources(none, final, LATER, createLastSentLookup(withdrawn))).toEqual([]);
    const again = composeResources(final, none, LATER, createLastSentLookup(withdrawn));
    expect(again[0]?.resource.status).toBe('amended');
  });

  test('content that no EHR has received is not amended', () => {
    const outgoing = composeResources(nr, final, LATER, createLastSentLookup(composeFirst(final), 0));
    expect(outgoing[0]?.resource.status).toBe('final');
    expect(outgoing[0]?.provenance).toMatchObject({ activity: { coding: [{ code: 'CREATE' }] } });
    const attempted = composeResources(nr, final, LATER, createLastSentLookup(composeFirst(final), 1));
    expect(attempted[0]?.resource.status).toBe('amended');
  });
});

test('a better identifier of the patient is sent, and amends nothing', () => {
  const before = buildSampleAssessments();
  const sent = composeFirst(before);
  const renamed = composeResources(
    before,
    before,
    { ...LATER, patient: 'Patient/better' },
    createLastSentLookup(sent),
  );
  expect(renamed).toHaveLength(sent.length);
  for (const [index, { resource }] of renamed.entries())
    expect(resource.status).toBe(sent[index]?.resource.status);
});

describe('a statement that no longer holds and that no EHR has received', () => {
  const none = buildSampleAssessments({ assessments: [] });

  test('is removed, and no withdrawal is sent', () => {
    const before = buildSampleAssessments();
    const previous = createLastSentLookup(composeFirst(before), 0);
    expect(composeResources(none, before, LATER, previous)).toEqual([]);
    expect(findObsoleteUnsent(none, before, previous)).toEqual(
      composeFirst(before).map(({ identifier }) => identifier),
    );
  });

  test('is withdrawn if it was handed out', () => {
    const before = buildSampleAssessments();
    const previous = createLastSentLookup(composeFirst(before), 1);
    expect(findObsoleteUnsent(none, before, previous)).toEqual([]);
    expect(composeResources(none, before, LATER, previous).map(({ resource }) => resource.status)).toContain(
      'entered-in-error',
    );
  });
});

describe('deviations and proposals', () => {
  const both = buildSampleAssessments({ deviations: [SAMPLE_DEVIATION], proposals: [SAMPLE_PROPOSAL] });
  const byType = (resources: readonly OutgoingResource[], type: string) =>
    resources.find(({ resourceType }) => resourceType === type);

  test('a deviation is a DetectedIssue', () => {
    expect(byType(composeFirst(both), 'DetectedIssue')?.resource).toMatchObject({
      identifier: [{ system: `${ADAPTER_BASE}/sid/deviation`, value: 'msc-aa.017.dose-out-of-range.2' }],
      status: 'final',
      severity: 'moderate',
      identifiedDateTime: '2026-06-02T08:00:00.000Z',
      evidence: [{ detail: [{ reference: 'MedicationAdministration/inf-2' }] }],
    });
  });

  test('a response proposes four infusions and refers to its assessment', () => {
    expect(byType(composeFirst(both), 'ServiceRequest')?.resource).toMatchObject({
      status: 'active',
      intent: 'proposal',
      quantityQuantity: { value: 4 },
      occurrenceDateTime: '2026-06-01',
      reasonReference: [{ type: 'Observation', identifier: { value: 'msc-aa.017.M3.overall.bsh-saa' } }],
    });
  });

  test('when the response no longer holds, the proposal is revoked; a deviation is entered in error', () => {
    const now = composeResources(
      buildSampleAssessments(),
      both,
      LATER,
      createLastSentLookup(composeFirst(both)),
    );
    expect(now.map(({ resource }) => [resource.resourceType, resource.status])).toEqual([
      ['DetectedIssue', 'entered-in-error'],
      ['ServiceRequest', 'revoked'],
    ]);
  });

  test('a changed deviation is amended and keeps the instant at which it was first identified', () => {
    const changed = buildSampleAssessments({
      deviations: [{ ...SAMPLE_DEVIATION, detail: 'The dose of infusion 2 was 2.6 10*6/kg.' }],
      proposals: [SAMPLE_PROPOSAL],
    });
    const [issue, ...rest] = composeResources(changed, both, LATER, createLastSentLookup(composeFirst(both)));
    expect(issue?.resource).toMatchObject({
      status: 'amended',
      identifiedDateTime: '2026-06-02T08:00:00.000Z',
    });
    expect(rest).toEqual([]);
  });
});

describe('an independent R4 validator', () => {
  beforeAll(loadR4);
  const full = buildSampleAssessments({
    assessments: [
      buildSampleAssessment(),
      buildSampleAssessment({ visit: 'all', kind: 'best-response' }),
      buildSampleAssessment({ scope: 'platelet', kind: 'lineage-response-at-visit', status: 'preliminary' }),
      buildSampleAssessment({
        visit: 'all',
        scope: 'neutrophil',
        kind: 'time-to-lineage-response',
        value: { kind: 'days', days: 19 },
      }),
      buildSampleAssessment({
        visit: 'M6',
        value: { kind: 'class', class: 'NE' },
        evidence: [],
        supporting: [],
      }),
    ],
    deviations: [SAMPLE_DEVIATION],
    proposals: [SAMPLE_PROPOSAL],
  });
  const problems = (resources: readonly OutgoingResource[]) =>
    resources.flatMap(({ resource, provenance }) => [
      ...listR4Problems(resource),
      ...listR4Problems({ ...provenance, target: [{ reference: 'Observation/1' }] }),
    ]);

  test('finds every first resource and every withdrawal valid', () => {
    const outgoing = composeFirst(full);
    expect(outgoing).toHaveLength(7);
    expect(problems(outgoing)).toEqual([]);
    const withdrawn = composeResources(
      buildSampleAssessments({ assessments: [] }),
      full,
      LATER,
      createLastSentLookup(outgoing),
    );
    expect(withdrawn).toHaveLength(7);
    expect(problems(withdrawn)).toEqual([]);
  });

  test('detects errors', () => {
    const [outgoing] = composeFirst(full);
    expect(listR4Problems({ ...outgoing?.resource, status: undefined })).not.toEqual([]);
    expect(listR4Problems({ ...outgoing?.resource, effectiveDateTime: 'yesterday' })).not.toEqual([]);
  });
});
