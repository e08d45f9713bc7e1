import { beforeAll, expect, test } from '@jest/globals';
import type { AssessmentEntry } from '../../src/service.ts';
import type { SubjectAssessment } from '../../src/trial/assessment.ts';
import { useService } from '../support/with-service.ts';
import { BETTER_COUNTS, buildBloodCount, buildInfusion, SEVERE_COUNTS } from './hospital-resources.ts';

const DECIDER = { by: 'Dr A. Novak', why: null };

/** What only a person knows, through both doors: the hospital's FHIR, and the command. */
const adapter = useService('file', { ehr: ['p1'], http: true });

const OURS = 'https://fhir-trial-adapter.example/fhir';
const buildConcept = (system: string, ...codes: readonly string[]) => ({
  coding: codes.map((code) => ({ system: `${OURS}/CodeSystem/${system}`, code })),
});

/** A statement as the site sends it, about the subject by their number. */
const buildStatement = (id: string, topic: string, more: object, subject = 'S-1'): object => ({
  resourceType: 'Observation',
  id,
  meta: { versionId: '1', profile: [`${OURS}/StructureDefinition/adjudication`] },
  status: 'final',
  code: buildConcept('adjudication', topic),
  subject: { type: 'Patient', identifier: { system: `${OURS}/sid/subject/msc-aa`, value: subject } },
  effectiveDateTime: '2026-04-20',
  issued: '2026-04-20T08:00:00Z',
  performer: [{ display: 'Dr B. Li' }],
  ...more,
});

const buildVisit = (visit: string) => ({
  component: [{ code: buildConcept('adjudication-part', 'visit'), valueString: visit }],
});

const RESPONSE = { topic: 'investigator-response', scope: 'overall', class: null } as const;
const STATER = { study: 'msc-aa', subject: 'S-1', on: null, by: 'Dr A. Novak', why: null };
const AGREEMENT = { ...STATER, statement: { ...RESPONSE, visit: 'M3', agrees: true } } as const;

async function readAssessment(): Promise<SubjectAssessment> {
  const query = { study: 'msc-aa', subject: 'S-1', asOf: null };
  const [entry] = (await adapter.service.assess(query, [])) as readonly AssessmentEntry[];
  if (!entry) throw new Error('The subject is not assessed.');
  return entry.judgement;
}

/** The two classes for M3 as they stand beside each other. */
async function readClasses() {
  const { investigator = [] } = await readAssessment();
  return investigator.map(({ class: own, engineClass, agrees, isOutdated, by }) => ({
    own,
    engineClass,
    agrees,
    isOutdated,
    by: by.name,
  }));
}

interface EhrObservation {
  readonly status: string;
  readonly valueCodeableConcept: { readonly coding: readonly { readonly code: string }[] };
  readonly performer?: readonly { readonly display: string }[];
}

/** Status and class of the EHR's Observations for M3, the engine's and the investigator's. */
async function readEhr() {
  const read = async (suffix: string) => {
    const query = `identifier=${OURS}/sid/assessment|msc-aa.S-1.M3.overall.bsh-saa${suffix}`;
    const found = (await adapter.ehr.search('Observation', query)) as unknown as readonly EhrObservation[];
    return found.map(({ status, valueCodeableConcept: { coding }, performer = [] }) =>
      `${status} ${coding[0]?.code} ${performer[0]?.display ?? ''}`.trimEnd(),
    );
  };
  return { engine: await read(''), investigator: await read('.investigator') };
}

const listReasons = async (): Promise<readonly string[]> =>
  (await adapter.listOpenWork()).map(({ reason }) => reason).sort();

beforeAll(async () => {
  await adapter.put(buildStatement('early', 'per-protocol', { valueBoolean: true }));
  await adapter.enrol('S-1', 'Patient/p1');
  await adapter.put(
    ...buildBloodCount('p1', '2026-01-08', SEVERE_COUNTS),
    buildInfusion('p1'),
    ...buildBloodCount('p1', '2026-04-10', BETTER_COUNTS),
    ...buildBloodCount('p1', '2026-05-20', BETTER_COUNTS),
  );
  await adapter.assessAndDeliver();
});

test('what was stated of a subject by number before they were enrolled counts afterwards', async () => {
  const listed = await adapter.service.listAdjudications('msc-aa', 'S-1');
  expect(listed).toMatchObject([
    { resource: 'Observation/early', statement: { topic: 'per-protocol', holds: true }, state: 'in-force' },
  ]);
});

test("an agreement keeps the class that was agreed with, beside the engine's, in the EHR too", async () => {
  expect((await readEhr()).engine).toEqual(['final PR']);
  const { resource, statement } = await adapter.service.adjudicate(AGREEMENT);
  expect(resource).toMatch(/^Observation\//);
  expect(statement).toMatchObject({ class: 'PR', agrees: true });
  await adapter.assessAndDeliver();
  expect(await readEhr()).toEqual({ engine: ['final PR'], investigator: ['final PR Dr A. Novak'] });

  // A correction makes it no response: nobody agreed with that.
  await adapter.put(
    ...buildBloodCount('p1', '2026-04-10', { ...BETTER_COUNTS, platelets: 12 }, { version: 2 }),
  );
  await adapter.assessAndDeliver();
  expect(await readClasses()).toEqual([
    { own: 'PR', engineClass: 'NR', agrees: false, isOutdated: true, by: 'Dr A. Novak' },
  ]);
  expect(await readEhr()).toEqual({ engine: ['amended NR'], investigator: ['final PR Dr A. Novak'] });
});

test('the same person replaces their statement; the EHR has one Observation of theirs', async () => {
  await adapter.service.adjudicate({ ...AGREEMENT });
  await adapter.assessAndDeliver();
  expect(await readClasses()).toEqual([
    { own: 'NR', engineClass: 'NR', agrees: true, isOutdated: false, by: 'Dr A. Novak' },
  ]);
  expect((await readEhr()).investigator).toEqual(['amended NR Dr A. Novak']);
});

test('two people who differ: a question, no class of the investigator, until one takes theirs back', async () => {
  const value = {
    valueCodeableConcept: buildConcept('response-class', 'CR'),
    note: [{ text: 'Own count.' }],
  };
  await adapter.put(buildStatement('li', 'investigator-response', { ...value, ...buildVisit('M3') }));
  await adapter.assessAndDeliver();
  expect(await readClasses()).toEqual([]);
  expect(await listReasons()).toEqual(['contradictory-facts']);
  expect((await readEhr()).investigator).toEqual(['entered-in-error NR Dr A. Novak']);

  const listed = await adapter.service.listAdjudications('msc-aa', 'S-1');
  const own = listed.find(({ by }) => by?.name === 'Dr A. Novak');
  await adapter.service.takeBack({ study: 'msc-aa', subject: 'S-1' }, own?.resource ?? '', DECIDER);
  await adapter.assessAndDeliver();
  expect(await readClasses()).toMatchObject([{ own: 'CR', engineClass: 'NR', by: 'Dr B. Li' }]);
  expect(await listReasons()).toEqual([]);
  expect((await readEhr()).investigator).toEqual(['amended CR Dr B. Li']);
});

test('what a site has sent, only the site takes back', async () => {
  const taking = adapter.service.takeBack({ study: 'msc-aa', subject: 'S-1' }, 'Observation/li', DECIDER);
  await expect(taking).rejects.toMatchObject({ code: 'adjudication/refused' });
  await adapter.put(
    buildStatement('li', 'investigator-response', { meta: { versionId: '2' }, status: 'entered-in-error' }),
  );
  await adapter.assessAndDeliver();
  expect(await readClasses()).toEqual([]);
  expect((await readEhr()).investigator).toEqual(['entered-in-error CR Dr B. Li']);
});

test('a visit that the protocol does not have is held, and mapped once it is corrected', async () => {
  const value = {
    valueCodeableConcept: buildConcept('response-class', 'NR'),
    note: [{ text: 'Own count.' }],
  };
  const sent = { ...value, ...buildVisit('M4') };
  const { disposition } = await adapter.send(buildStatement('visit', 'investigator-response', sent));
  expect(disposition).toBe('held');
  expect(await adapter.listOpenWork()).toMatchObject([
    { reason: 'not-understood', element: 'Observation.component' },
  ]);
  const corrected = { ...sent, ...buildVisit('M3'), meta: { versionId: '2' } };
  await adapter.put(buildStatement('visit', 'investigator-response', corrected));
  expect(await adapter.listOpenWork()).toEqual([]);
  await adapter.put(
    buildStatement('visit', 'investigator-response', {
      ...corrected,
      meta: { versionId: '3' },
      status: 'entered-in-error',
    }),
  );
});

test.each<[string, object]>([
  ['nobody states it', { valueBoolean: true, performer: undefined }],
  ['it excludes the subject without a reason', { valueBoolean: false }],
  ['a class of their own without a reason', {}],
])('a claimed profile is refused where %s', async (_title, more) => {
  const answer = await adapter.send(buildStatement('refused', 'evaluability', more));
  expect(answer).toMatchObject({ status: 422, disposition: 'invalid' });
});

test('severity at diagnosis: the record of the EHR counts, an adjudication before it, the computed one stays beside', async () => {
  const [before] = [await readAssessment()];
  expect(before).toMatchObject({ severity: 'SAA', computedSeverity: 'SAA' });
  expect(before).not.toHaveProperty('severityAtDiagnosis');
  await adapter.put({
    resourceType: 'Condition',
    id: 'aa',
    subject: { reference: 'Patient/p1' },
    clinicalStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
    },
    code: { coding: [{ system: 'http://snomed.info/sct', code: '306058006' }] },
    onsetDateTime: '2025-11-02',
    stage: [{ summary: buildConcept('disease-severity', 'VSAA') }],
  });
  expect(await readAssessment()).toMatchObject({ severity: 'VSAA', computedSeverity: 'SAA' });
  const statement = { topic: 'severity-at-diagnosis', severity: 'NSAA' } as const;
  await adapter.service.adjudicate({ ...STATER, statement, on: '2025-11-02' });
  const after = await readAssessment();
  expect(after).toMatchObject({
    severity: 'NSAA',
    computedSeverity: 'SAA',
    severityAtDiagnosis: { severity: 'NSAA', by: { name: 'Dr A. Novak' } },
  });
  expect(after.assessments.find(({ visit }) => visit === 'M3')?.criteria.id).toBe('bsh-nsaa');
});

test('an adverse event that the subject does not have is refused', async () => {
  const statement = {
    topic: 'event-adjudication',
    about: 'AdverseEvent/none',
    relation: 'related',
    grade: null,
    serious: null,
    isOfStudy: null,
  } as const;
  const stating = adapter.service.adjudicate({ ...STATER, statement, why: 'x' });
  await expect(stating).rejects.toMatchObject({ code: 'adjudication/refused' });
});
