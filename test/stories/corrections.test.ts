import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type StandInEhr, startStandInEhr } from '../../demo/ehr/stand-in-ehr.ts';
import { loadConfig } from '../../src/config.ts';
import { openService, type Service } from '../../src/service.ts';
import { buildPlateletCount } from './adapter-installation.ts';

/** A hospital corrects over HTTP what it has sent; the tests read what its EHR holds afterwards. */
const folder = mkdtempSync(join(tmpdir(), 'corrections-'));
const TOKEN = 'a-hospital';
const ASSESSMENT_SYSTEM = 'https://fhir-trial-adapter.example/fhir/sid/assessment';
let ehr: StandInEhr;
let service: Service;
let base: string;
let close: () => Promise<void>;

beforeAll(async () => {
  const patients = ['p1', 'p2', 'p3', 'p4', 'p5'].map((id) => ({ resourceType: 'Patient', id }));
  ehr = await startStandInEhr({ token: 'the-ehr', patients });
  const tokenSha256 = createHash('sha256').update(TOKEN).digest('hex');
  const site = {
    timeZone: 'Asia/Shanghai',
    clients: [{ client: 'lab', tokenSha256 }],
    ehr: { base: ehr.baseUrl, bearerToken: 'the-ehr' },
  };
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ dataDir: folder, logLevel: 'silent', sites: { hospital: site } }));
  service = await openService(loadConfig({ config: file }, {}, folder));
  const listening = await service.listen({ host: '127.0.0.1', port: 0 });
  base = `${listening.url}/fhir`;
  close = listening.close;
  const day = { enrolledOn: '2026-01-01', consentedOn: '2026-01-01', site: 'hospital' };
  await service.enrol('msc-aa', [
    { subject: 'C-1', patient: 'Patient/p1', ...day },
    { subject: 'C-2', patient: 'Patient/p2', ...day },
    { subject: 'C-3', patient: 'Patient/p3', ...day },
    { subject: 'C-5', patient: 'Patient/p5', ...day },
  ]);
}, 20_000);

afterAll(async () => {
  await close();
  await service.close();
  await ehr.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface SentResource {
  readonly resourceType: string;
  readonly id: string;
}

/** Sends the resources by PUT; then the adapter assesses the subjects and delivers to the EHR. */
async function pushAndDeliver(...resources: object[]): Promise<void> {
  for (const resource of resources as SentResource[]) {
    const answer = await fetch(`${base}/${resource.resourceType}/${resource.id}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/fhir+json' },
      body: JSON.stringify(resource),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }
  await assessAndDeliver();
}

async function assessAndDeliver(): Promise<void> {
  await service.assessDueSubjects();
  await service.deliverDue();
}

const COUNT_CODES = { anc: '751-8', platelets: '777-3', reticulocytes: '60474-4' };

/** A blood count of three results on one day. `version` and `status` are those of the platelets. */
function buildBloodCount(
  patient: string,
  day: string,
  counts: { anc: number; platelets: number; reticulocytes: number },
  version = 1,
  status = 'final',
): readonly object[] {
  return Object.entries(counts).map(([analyte, value]) => {
    const corrected = analyte === 'platelets';
    return buildPlateletCount(`${patient}-${day}-${analyte}`, `Patient/${patient}`, value, day, {
      status: corrected ? status : 'final',
      meta: { versionId: String(corrected ? version : 1) },
      code: {
        coding: [{ system: 'http://loinc.org', code: COUNT_CODES[analyte as keyof typeof COUNT_CODES] }],
      },
    });
  });
}

function buildInfusion(patient: string, version: number, status = 'completed', day = '2026-01-10'): object {
  const system = 'https://fhir-trial-adapter.example/fhir/CodeSystem/msc-product';
  const cells = '10*6.{cells}/kg';
  return {
    resourceType: 'MedicationAdministration',
    id: `${patient}-infusion`,
    meta: { versionId: String(version) },
    status,
    medicationCodeableConcept: { coding: [{ system, code: 'bm-msc' }] },
    subject: { reference: `Patient/${patient}` },
    effectiveDateTime: `${day}T10:00:00+08:00`,
    dosage: { dose: { value: 1.5, unit: cells, system: 'http://unitsofmeasure.org', code: cells } },
  };
}

const SEVERE_COUNTS = { anc: 0.3, platelets: 8, reticulocytes: 20 };
const BETTER_COUNTS = { anc: 0.9, platelets: 24, reticulocytes: 30 };

/** Severe before the infusion; from M1 on no longer severe, by the platelets alone. */
const buildRespondingSubject = (patient: string): readonly object[] => [
  ...buildBloodCount(patient, '2026-01-08', SEVERE_COUNTS),
  buildInfusion(patient, 1),
  ...buildBloodCount(patient, '2026-02-09', BETTER_COUNTS),
  ...buildBloodCount(patient, '2026-03-12', BETTER_COUNTS),
];

interface EhrObservation {
  readonly id: string;
  readonly status: string;
  readonly subject: { readonly reference?: string };
  readonly identifier: readonly { readonly value: string }[];
  readonly valueCodeableConcept?: { readonly coding: readonly { readonly code: string }[] };
}

const searchObservations = async (query = '') =>
  (await ehr.search('Observation', query)) as unknown as readonly EhrObservation[];

/** Class and status of one assessment in the EHR, once for every Observation about it. */
async function readEhrClasses(subject: string, visit: string): Promise<readonly string[]> {
  const found = await searchObservations(
    `identifier=${ASSESSMENT_SYSTEM}|msc-aa.${subject}.${visit}.overall.bsh-saa`,
  );
  return found.map((one) => `${one.valueCodeableConcept?.coding[0]?.code} ${one.status}`);
}

const listEhrStatuses = async (subject: string): Promise<readonly string[]> => {
  const all = (await searchObservations()).filter((one) => one.identifier[0]?.value.includes(`.${subject}.`));
  expect(all.length).toBeGreaterThan(3);
  return [...new Set(all.map(({ status }) => status))].sort();
};

/** The patients that the EHR's Observations about the subject refer to. */
const listEhrSubjects = async (subject: string): Promise<readonly (string | undefined)[]> => {
  const all = (await searchObservations()).filter((one) => one.identifier[0]?.value.includes(`.${subject}.`));
  return [...new Set(all.map((one) => one.subject.reference))];
};

async function putInEhr(resource: EhrObservation): Promise<void> {
  const answer = await fetch(`${ehr.baseUrl}/Observation/${resource.id}`, {
    method: 'PUT',
    headers: { authorization: 'Bearer the-ehr', 'content-type': 'application/fhir+json' },
    body: JSON.stringify(resource),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** The rows of a file of the CSV export that begin with `start`. */
async function readExportRows(file: string, start: string): Promise<readonly string[]> {
  let text = '';
  const wanted = { study: 'msc-aa', format: 'csv', draft: true, trace: false };
  for await (const piece of await service.exportStudy(wanted))
    if (piece.file === file) text += String(piece.content);
  return text.split(/\r?\n/).filter((line) => line.startsWith(start));
}

describe('a hospital corrects what it has sent', () => {
  test('a platelet count: PR becomes NR in the same Observation, amended', async () => {
    await pushAndDeliver(...buildRespondingSubject('p1'));
    expect(await readEhrClasses('C-1', 'M1')).toEqual(['PR final']);
    await pushAndDeliver(
      ...buildBloodCount('p1', '2026-02-09', { ...BETTER_COUNTS, platelets: 12 }, 2, 'corrected'),
    );
    expect(await readEhrClasses('C-1', 'M1')).toEqual(['NR amended']);
    const identifiers = (await searchObservations()).map((one) => one.identifier[0]?.value);
    expect(new Set(identifiers).size).toBe(identifiers.length);
    const [latest] = (await ehr.search('Provenance')) as unknown as readonly { policy: string[] }[];
    expect(latest?.policy.join(' ')).toMatch(
      /\/criteria\/\S+ \S+\/protocol\/msc-aa\|1\S* \S+\/mapping\|[0-9a-f]{16}/,
    );
  });

  test('the count before the correction, sent again late, changes nothing', async () => {
    await pushAndDeliver(...buildBloodCount('p1', '2026-02-09', BETTER_COUNTS));
    expect(await readEhrClasses('C-1', 'M1')).toEqual(['NR amended']);
  });

  test('an infusion entered in error: every Observation is withdrawn; when it is restored, they are valid again', async () => {
    await pushAndDeliver(buildInfusion('p1', 2, 'entered-in-error'));
    expect(await listEhrStatuses('C-1')).toEqual(['entered-in-error']);
    const asked = { study: 'msc-aa', subject: 'C-1', asOf: null };
    const [nothing] = await service.assess(asked, null);
    expect(nothing?.judgement.dayZero).toBeNull();
    await pushAndDeliver(buildInfusion('p1', 3));
    expect(await readEhrClasses('C-1', 'M1')).toEqual(['NR amended']);
    expect(await listEhrStatuses('C-1')).not.toContain('entered-in-error');
  });

  test('an infusion on another day: every visit moves with day 0', async () => {
    await pushAndDeliver(buildInfusion('p1', 4, 'completed', '2026-01-24'));
    const [moved] = await service.assess({ study: 'msc-aa', subject: 'C-1', asOf: null }, null);
    expect(moved?.judgement.dayZero).toBe('2026-01-24');
    // 2026-02-09 is day 16 now, which is W2; M1 ends on 2026-03-09, before the count of 2026-03-12.
    expect(await readEhrClasses('C-1', 'W2')).toEqual(['NR amended']);
    expect(await readEhrClasses('C-1', 'M1')).toEqual(['NE amended']);
  });

  test('a count entered in error: class, EHR and export follow', async () => {
    await pushAndDeliver(...buildRespondingSubject('p2'));
    expect(await readEhrClasses('C-2', 'M1')).toEqual(['PR final']);
    expect(await readExportRows('labs.csv', 'C-2,')).toHaveLength(9);
    await pushAndDeliver(...buildBloodCount('p2', '2026-02-09', BETTER_COUNTS, 2, 'entered-in-error'));
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
    // The record by which the subject is known does not change the assessment.
    expect(await listEhrStatuses('C-3')).toEqual(before);
    await pushAndDeliver(...buildBloodCount('p4', '2026-03-12', BETTER_COUNTS));
    expect(await readEhrClasses('C-3', 'M1')).toEqual(['PR final']);
    expect(await listEhrSubjects('C-3')).toEqual(['Patient/p4']);
    const identifiers = (await searchObservations()).map((one) => one.identifier[0]?.value);
    expect(new Set(identifiers).size).toBe(identifiers.length);
  });

  test('an EHR that moves its Observations to the surviving record by itself has not contradicted them', async () => {
    await pushAndDeliver({ resourceType: 'Patient', id: 'p3', meta: { versionId: '3' } });
    expect(await listEhrSubjects('C-3')).toEqual(['Patient/p3']);
    for (const one of (await searchObservations()).filter(
      ({ subject }) => subject.reference === 'Patient/p3',
    )) {
      await putInEhr({ ...one, subject: { reference: 'Patient/p4' } });
    }
    const link = [{ type: 'replaced-by', other: { reference: 'Patient/p4' } }];
    await pushAndDeliver({ resourceType: 'Patient', id: 'p3', meta: { versionId: '4' }, link });
    expect(await listEhrSubjects('C-3')).toEqual(['Patient/p4']);
    expect(await readEhrClasses('C-3', 'M1')).toEqual(['PR final']);
    expect(await service.listOutboxEntries({ state: 'dead' })).toEqual([]);
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

  test('visits after it are no response any more; those before it are unchanged', async () => {
    await pushAndDeliver(transplant(2, 'completed'));
    expect(await atVisits()).toEqual(['PR final', 'NR amended', 'NR amended']);
    expect(await readEhrClasses('C-5', 'all')).toEqual(['PR final']);
    const [m6] = await searchObservations(`identifier=${ASSESSMENT_SYSTEM}|msc-aa.C-5.M6.overall.bsh-saa`);
    expect(JSON.stringify(m6)).toContain('Procedure/p5-transplant');
    const [assessed] = await service.assess({ study: 'msc-aa', subject: 'C-5', asOf: null }, null);
    expect(assessed?.judgement.censored).toMatchObject({
      day: '2026-05-20',
      source: { resourceType: 'Procedure', id: 'p5-transplant' },
    });
  });

  test('entered in error, it changes nothing', async () => {
    await pushAndDeliver(transplant(3, 'entered-in-error'));
    expect(await atVisits()).toEqual(['PR final', 'PR amended', 'NE amended']);
    const [assessed] = await service.assess({ study: 'msc-aa', subject: 'C-5', asOf: null }, null);
    expect(assessed?.judgement.censored).toBeUndefined();
  });
});
