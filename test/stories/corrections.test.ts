import { beforeAll, describe, expect, test } from '@jest/globals';
import { EHR_TOKEN } from '../support/with-ehr.ts';
import { useService } from '../support/with-service.ts';
import {
  BETTER_COUNTS,
  buildBloodCount,
  buildInfusion,
  buildRespondingSubject,
} from './hospital-resources.ts';

/** A hospital corrects over HTTP what it has sent. The tests read what its EHR holds afterwards. */
const adapter = useService('file', { http: true, ehr: ['p1', 'p2', 'p3', 'p4', 'p5'] });

beforeAll(async () => {
  for (const n of [1, 2, 3, 5]) await adapter.enrol(`C-${n}`, `Patient/p${n}`);
});

const ASSESSMENT_SYSTEM = 'https://fhir-trial-adapter.example/fhir/sid/assessment';

/** Sends the resources; then the adapter assesses the subjects and delivers to the EHR. */
async function pushAndDeliver(...resources: readonly object[]): Promise<void> {
  await adapter.put(...resources);
  await adapter.assessAndDeliver();
}

interface EhrObservation {
  readonly id: string;
  readonly status: string;
  readonly subject: { readonly reference?: string };
  readonly identifier: readonly { readonly value: string }[];
  readonly valueCodeableConcept?: { readonly coding: readonly { readonly code: string }[] };
}

const searchObservations = async (query = '') =>
  (await adapter.ehr.search('Observation', query)) as unknown as readonly EhrObservation[];

/** Reads class and status of an assessment in the EHR, once for every Observation about it. */
async function readEhrClasses(subject: string, visit: string): Promise<readonly string[]> {
  const found = await searchObservations(
    `identifier=${ASSESSMENT_SYSTEM}|msc-aa.${subject}.${visit}.overall.bsh-saa`,
  );
  return found.map(
    ({ valueCodeableConcept, status }) => `${valueCodeableConcept?.coding[0]?.code} ${status}`,
  );
}

async function searchObservationsAbout(subject: string): Promise<readonly EhrObservation[]> {
  const observations = await searchObservations();
  return observations.filter(({ identifier }) => identifier[0]?.value.includes(`.${subject}.`));
}

const listEhrStatuses = async (subject: string): Promise<readonly string[]> => {
  const observations = await searchObservationsAbout(subject);
  expect(observations.length).toBeGreaterThan(3);
  return [...new Set(observations.map(({ status }) => status))].sort();
};

/** Lists the patients that the EHR's Observations about the subject refer to. */
const listEhrSubjects = async (subject: string): Promise<readonly (string | undefined)[]> => {
  const observations = await searchObservationsAbout(subject);
  return [...new Set(observations.map((observation) => observation.subject.reference))];
};

async function putInEhr(resource: EhrObservation): Promise<void> {
  const answer = await fetch(`${adapter.ehr.baseUrl}/Observation/${resource.id}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${EHR_TOKEN}`, 'content-type': 'application/fhir+json' },
    body: JSON.stringify(resource),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Reads the rows of a file of the CSV export that begin with `start`. */
async function readExportRows(file: string, start: string): Promise<readonly string[]> {
  let text = '';
  const request = { study: 'msc-aa', format: 'csv', draft: true, trace: false };
  for await (const piece of await adapter.service.exportStudy(request))
    if (piece.file === file) text += String(piece.content);
  return text.split(/\r?\n/).filter((line) => line.startsWith(start));
}

describe('a hospital corrects what it has sent', () => {
  test('a platelet count: PR becomes NR in the same Observation, amended', async () => {
    await pushAndDeliver(...buildRespondingSubject('p1'));
    expect(await readEhrClasses('C-1', 'M1')).toEqual(['PR final']);
    await pushAndDeliver(
      ...buildBloodCount(
        'p1',
        '2026-02-09',
        { ...BETTER_COUNTS, platelets: 12 },
        { version: 2, status: 'corrected' },
      ),
    );
    expect(await readEhrClasses('C-1', 'M1')).toEqual(['NR amended']);
    const identifiers = (await searchObservations()).map(({ identifier }) => identifier[0]?.value);
    expect(new Set(identifiers).size).toBe(identifiers.length);
    const [latest] = (await adapter.ehr.search('Provenance')) as unknown as readonly { policy: string[] }[];
    expect(latest?.policy.join(' ')).toMatch(
      /\/criteria\/\S+ \S+\/protocol\/msc-aa\|\d\S* \S+\/mapping\|[0-9a-f]{16}/,
    );
  });

  test('the explanation states when the corrected count arrived, and its value before', async () => {
    const query = { study: 'msc-aa', subject: 'C-1', asOf: null };
    const { receipts = [], text, versions, visits } = await adapter.service.explain(query, 'M1');
    const corrected = receipts.filter(({ earlier }) => earlier.length > 0);
    expect(corrected.flatMap(({ earlier }) => earlier.flatMap(({ values }) => values))).toContain(
      `platelets ${BETTER_COUNTS.platelets} 10*9/L`,
    );
    for (const { receivedAt, earlier } of corrected)
      for (const before of earlier) expect(before.receivedAt <= receivedAt).toBe(true);
    expect(text).toContain(`before: platelets ${BETTER_COUNTS.platelets} 10*9/L (version 1, received `);
    expect(versions?.software).toMatch(/^\d+\.\d+\.\d+/);
    expect(visits.map(({ visit, class: responseClass }) => [visit, responseClass])).toEqual([['M1', 'NR']]);
  });

  test('the count before the correction, sent again late, changes nothing', async () => {
    await pushAndDeliver(...buildBloodCount('p1', '2026-02-09', BETTER_COUNTS));
    expect(await readEhrClasses('C-1', 'M1')).toEqual(['NR amended']);
  });

  test('an infusion entered in error: every Observation is withdrawn; when it is restored, they are valid again', async () => {
    await pushAndDeliver(buildInfusion('p1', { version: 2, status: 'entered-in-error' }));
    expect(await listEhrStatuses('C-1')).toEqual(['entered-in-error']);
    const [withdrawn] = await adapter.service.assess({ study: 'msc-aa', subject: 'C-1', asOf: null }, []);
    expect(withdrawn?.judgement.dayZero).toBeNull();
    await pushAndDeliver(buildInfusion('p1', { version: 3 }));
    expect(await readEhrClasses('C-1', 'M1')).toEqual(['NR amended']);
    expect(await listEhrStatuses('C-1')).not.toContain('entered-in-error');
  });

  test('an infusion on another day: every visit moves with day 0', async () => {
    await pushAndDeliver(buildInfusion('p1', { version: 4, day: '2026-01-24' }));
    const [moved] = await adapter.service.assess({ study: 'msc-aa', subject: 'C-1', asOf: null }, []);
    expect(moved?.judgement.dayZero).toBe('2026-01-24');
    // 2026-02-09 is day 16 now, which is W2; M1 ends on 2026-03-09, before the count of 2026-03-12.
    expect(await readEhrClasses('C-1', 'W2')).toEqual(['NR amended']);
    expect(await readEhrClasses('C-1', 'M1')).toEqual(['NE amended']);
  });

  test('a count entered in error: class, EHR and export follow', async () => {
    await pushAndDeliver(...buildRespondingSubject('p2'));
    expect(await readEhrClasses('C-2', 'M1')).toEqual(['PR final']);
    expect(await readExportRows('labs.csv', 'C-2,')).toHaveLength(9);
    await pushAndDeliver(
      ...buildBloodCount('p2', '2026-02-09', BETTER_COUNTS, { version: 2, status: 'entered-in-error' }),
    );
    expect(await readEhrClasses('C-2', 'M1')).not.toEqual(['PR final']);
    const [result] = await readEhrClasses('C-2', 'M1');
    expect(result).toMatch(/ (amended|entered-in-error)$/);
    expect(await readExportRows('labs.csv', 'C-2,')).toHaveLength(8);
    const atM1 = (await readExportRows('assessments.csv', 'C-2,')).filter((row) => row.includes(',M1,'));
    expect(atM1).not.toEqual([]);
    expect(atM1.filter((row) => row.includes(',PR,'))).toEqual([]);
  });

  test('merged Patients: one subject with the data of both, written back to the surviving record', async () => {
    await pushAndDeliver(...buildRespondingSubject('p3').slice(0, -3));
    const before = await listEhrStatuses('C-3');
    expect(await listEhrSubjects('C-3')).toEqual(['Patient/p3']);
    const link = [{ type: 'replaced-by', other: { reference: 'Patient/p4' } }];
    await pushAndDeliver({ resourceType: 'Patient', id: 'p3', meta: { versionId: '2' }, link });
    expect(await listEhrSubjects('C-3')).toEqual(['Patient/p4']);
    // Which Patient record represents the subject does not change the assessment.
    expect(await listEhrStatuses('C-3')).toEqual(before);
    await pushAndDeliver(...buildBloodCount('p4', '2026-03-12', BETTER_COUNTS));
    expect(await readEhrClasses('C-3', 'M1')).toEqual(['PR final']);
    expect(await listEhrSubjects('C-3')).toEqual(['Patient/p4']);
    const identifiers = (await searchObservations()).map(({ identifier }) => identifier[0]?.value);
    expect(new Set(identifiers).size).toBe(identifiers.length);
  });

  test('an EHR that moves the Observations to the surviving record by itself causes no conflict', async () => {
    await pushAndDeliver({ resourceType: 'Patient', id: 'p3', meta: { versionId: '3' } });
    expect(await listEhrSubjects('C-3')).toEqual(['Patient/p3']);
    const observations = await searchObservations();
    for (const observation of observations.filter(({ subject }) => subject.reference === 'Patient/p3'))
      await putInEhr({ ...observation, subject: { reference: 'Patient/p4' } });
    const link = [{ type: 'replaced-by', other: { reference: 'Patient/p4' } }];
    await pushAndDeliver({ resourceType: 'Patient', id: 'p3', meta: { versionId: '4' }, link });
    expect(await listEhrSubjects('C-3')).toEqual(['Patient/p4']);
    expect(await readEhrClasses('C-3', 'M1')).toEqual(['PR final']);
    expect(await adapter.service.listOutboxEntries({ state: 'dead' })).toEqual([]);
  });
});

describe('a transplant becomes known after M3 was assessed', () => {
  const transplant = (version: number, status: string): object => ({
    resourceType: 'Procedure',
    id: 'p5-transplant',
    meta: { versionId: String(version) },
    status,
    subject: { reference: 'Patient/p5' },
    performedDateTime: '2026-05-20T09:00:00+08:00',
    code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '38240' }] },
  });
  const atVisits = async () => {
    const visits = ['M3', 'M6', 'M9'].map((visit) => readEhrClasses('C-5', visit));
    return (await Promise.all(visits)).flat();
  };

  test('without it, M3 and M6 are responses and M9 was missed', async () => {
    const later = ['2026-04-11', '2026-07-12'].flatMap((day) => buildBloodCount('p5', day, BETTER_COUNTS));
    await pushAndDeliver(...buildRespondingSubject('p5'), ...later);
    expect(await atVisits()).toEqual(['PR final', 'PR final', 'NE final']);
  });

  test('a transplant in progress changes nothing', async () => {
    await pushAndDeliver(transplant(1, 'in-progress'));
    expect(await atVisits()).toEqual(['PR final', 'PR final', 'NE final']);
  });

  test('visits after it are no longer responses; those before it are unchanged', async () => {
    await pushAndDeliver(transplant(2, 'completed'));
    expect(await atVisits()).toEqual(['PR final', 'NR amended', 'NR amended']);
    expect(await readEhrClasses('C-5', 'all')).toEqual(['PR final']);
    const [m6] = await searchObservations(`identifier=${ASSESSMENT_SYSTEM}|msc-aa.C-5.M6.overall.bsh-saa`);
    expect(JSON.stringify(m6)).toContain('Procedure/p5-transplant');
    const [assessed] = await adapter.service.assess({ study: 'msc-aa', subject: 'C-5', asOf: null }, []);
    expect(assessed?.judgement.censored).toMatchObject({
      day: '2026-05-20',
      source: { resourceType: 'Procedure', id: 'p5-transplant' },
    });
  });

  test('entered in error, it changes nothing', async () => {
    await pushAndDeliver(transplant(3, 'entered-in-error'));
    expect(await atVisits()).toEqual(['PR final', 'PR amended', 'NE amended']);
    const [assessed] = await adapter.service.assess({ study: 'msc-aa', subject: 'C-5', asOf: null }, []);
    expect(assessed?.judgement.censored).toBeUndefined();
  });
});
