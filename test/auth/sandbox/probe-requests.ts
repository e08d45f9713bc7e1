import { buildSubjectSystemUrl } from '../../../src/fhir/canonical-urls.ts';

/** The two hospitals of the separation. */
export const PROBED_HOSPITALS = ['north', 'south'] as const;
export type ProbedHospital = (typeof PROBED_HOSPITALS)[number];

export const PROBED_STUDY = 'msc-aa';
const MRN = 'urn:mrn';
const SUBJECT_SYSTEM = buildSubjectSystemUrl(PROBED_STUDY);

/** Numbers of what is nowhere, and of what belongs to whoever asks; smaller ones are of what is there, once it is stored. */
export const NOWHERE = 100_000;
export const OWN = 500_000;

/** The names of a thing of a hospital, by its number. All are of one length, so that answers differ in nothing else. */
export const buildNames = (owner: ProbedHospital, number: number) => {
  const digits = String(number).padStart(6, '0');
  const letter = owner.slice(0, 1).toUpperCase();
  return {
    patient: `p-${letter}${digits}`,
    mrn: `MRN-${letter}${digits}`,
    observation: `o-${letter}${digits}`,
    specimen: `ACC-${letter}${digits}`,
    medication: `m-${letter}${digits}`,
    researchSubject: `rs-${letter}${digits}`,
    subject: `${letter}-${digits}`,
    unknownCode: `LOCAL-${letter}${digits}`,
  };
};
export type ThingNames = ReturnType<typeof buildNames>;

const buildObservation = (names: ThingNames, more: object = {}) => ({
  resourceType: 'Observation',
  id: names.observation,
  identifier: [{ system: 'urn:accession', value: names.specimen }],
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: `Patient/${names.patient}` },
  effectiveDateTime: '2026-01-10T08:00:00Z',
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
  ...more,
});

const buildPatient = (names: ThingNames, more: object = {}) => ({
  resourceType: 'Patient',
  id: names.patient,
  identifier: [{ system: MRN, value: names.mrn }],
  birthDate: '1980-02-03',
  gender: 'female',
  ...more,
});

const buildEnrolment = (names: ThingNames, more: object = {}) => ({
  resourceType: 'ResearchSubject',
  id: names.researchSubject,
  identifier: [{ system: SUBJECT_SYSTEM, value: names.subject }],
  status: 'on-study',
  study: { reference: `ResearchStudy/${PROBED_STUDY}` },
  individual: { reference: `Patient/${names.patient}` },
  period: { start: '2026-01-05' },
  ...more,
});

const buildMedication = (names: ThingNames) => ({
  resourceType: 'Medication',
  id: names.medication,
  code: { text: 'filgrastim' },
});

const buildAdministration = (names: ThingNames) => ({
  resourceType: 'MedicationAdministration',
  status: 'completed',
  medicationReference: { reference: `Medication/${names.medication}` },
  subject: { identifier: { system: SUBJECT_SYSTEM, value: names.subject } },
  effectiveDateTime: '2026-01-11T08:00:00Z',
});

/** What a hospital has of a thing: a patient who is enrolled, a product, a count, and one whose code is held. */
export const buildThing = (names: ThingNames) =>
  [
    buildPatient(names),
    buildEnrolment(names),
    buildMedication(names),
    buildObservation(names),
    buildObservation(names, {
      id: `${names.observation}h`,
      code: { coding: [{ system: 'urn:local', code: names.unknownCode }] },
    }),
  ].map((resource) => ({ resource }));

/** Things that are stored with one Bundle. */
export const THINGS_AT_ONCE = 20;

/** A request that asks after a thing by its names. */
export interface ProbeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A way to ask after another site's thing. `names` are those of the thing, `own` the sender's. */
export interface Probe {
  readonly name: string;
  build(names: ThingNames, own: ThingNames): ProbeRequest;
}

const withoutId = ({ id: _id, ...resource }: { readonly id?: string; readonly [name: string]: unknown }) =>
  resource;

/** What is asked, each with the type that it is about. */
export const PROBES: readonly Probe[] = [
  ...['Observation', 'Patient', 'Medication', 'ResearchSubject'].flatMap((type) => {
    const getId = (names: ThingNames) =>
      ({
        Observation: names.observation,
        Patient: names.patient,
        Medication: names.medication,
        ResearchSubject: names.researchSubject,
      })[type];
    return [
      {
        name: `delete ${type} by id`,
        build: (names: ThingNames) => ({ method: 'DELETE', path: `/${type}/${getId(names)}` }),
      },
      {
        name: `delete ${type} by id, with a version`,
        build: (names: ThingNames) => ({
          method: 'DELETE',
          path: `/${type}/${getId(names)}`,
          headers: { 'If-Match': 'W/"1"' },
        }),
      },
      {
        name: `read ${type} by id`,
        build: (names: ThingNames) => ({ method: 'GET', path: `/${type}/${getId(names)}` }),
      },
      {
        name: `history of ${type} by id`,
        build: (names: ThingNames) => ({ method: 'GET', path: `/${type}/${getId(names)}/_history` }),
      },
      {
        name: `search ${type} by identifier`,
        build: (names: ThingNames) => ({ method: 'GET', path: `/${type}?identifier=${MRN}|${names.mrn}` }),
      },
    ] as const satisfies readonly Probe[];
  }),
  { name: 'update Observation by id', build: (names) => put(buildObservation(names)) },
  {
    name: 'update Observation by id, with a version',
    build: (names) => ({ ...put(buildObservation(names)), headers: { 'If-Match': 'W/"1"' } }),
  },
  {
    name: 'update Observation by id, about an own patient',
    build: (names, own) => put(buildObservation(names, { subject: { reference: `Patient/${own.patient}` } })),
  },
  { name: 'update Patient by id', build: (names) => put(buildPatient(names)) },
  { name: 'update Medication by id', build: (names) => put(buildMedication(names)) },
  {
    name: 'create Observation unless its identifier is there',
    build: (names, own) => ({
      ...post(buildObservation(names, { subject: { reference: `Patient/${own.patient}` } })),
      headers: { 'If-None-Exist': `identifier=urn:accession|${names.specimen}` },
    }),
  },
  {
    name: 'update Observation by identifier',
    build: (names, own) => ({
      method: 'PUT',
      path: `/Observation?identifier=urn:accession|${names.specimen}`,
      body: withoutId(buildObservation(names, { subject: { reference: `Patient/${own.patient}` } })),
    }),
  },
  { name: 'create Observation about a patient', build: (names) => post(withoutId(buildObservation(names))) },
  {
    name: 'create Observation about a patient by identifier',
    build: (names) =>
      post(
        withoutId(buildObservation(names, { subject: { identifier: { system: MRN, value: names.mrn } } })),
      ),
  },
  {
    name: 'create Observation about a subject number',
    build: (names) =>
      post(
        withoutId(
          buildObservation(names, {
            subject: { identifier: { system: SUBJECT_SYSTEM, value: names.subject } },
          }),
        ),
      ),
  },
  {
    name: 'create Observation with a code that is held elsewhere',
    build: (names, own) =>
      post(
        withoutId(
          buildObservation(own, { code: { coding: [{ system: 'urn:local', code: names.unknownCode }] } }),
        ),
      ),
  },
  {
    name: 'create Patient with an identifier',
    build: (names, own) =>
      post(withoutId(buildPatient(own, { identifier: [{ system: MRN, value: names.mrn }] }))),
  },
  {
    name: 'update Patient, replaced by one',
    build: (names, own) =>
      put(
        buildPatient(own, {
          link: [{ type: 'replaced-by', other: { reference: `Patient/${names.patient}` } }],
        }),
      ),
  },
  {
    name: 'create MedicationAdministration of a product',
    build: (names) => post(buildAdministration(names)),
  },
  { name: 'enrol a patient', build: (names, own) => put(buildEnrolment({ ...own, patient: names.patient })) },
  {
    name: 'enrol under a subject number',
    build: (names, own) => put(buildEnrolment({ ...own, subject: names.subject })),
  },
  {
    name: 'enrol under a subject number, without a day',
    build: (names, own) => put(buildEnrolment({ ...own, subject: names.subject }, { period: undefined })),
  },
  {
    name: 'withdraw a subject number',
    build: (names, own) => put(buildEnrolment({ ...own, subject: names.subject }, { status: 'withdrawn' })),
  },
  { name: 'update ResearchSubject by id', build: (names) => put(buildEnrolment(names)) },
];

const put = (body: { resourceType: string; id?: string }): ProbeRequest => ({
  method: 'PUT',
  path: `/${body.resourceType}/${body.id}`,
  body,
});

const post = (body: Record<string, unknown>): ProbeRequest => ({
  method: 'POST',
  path: `/${String(body.resourceType)}`,
  body,
});

/** The doors through which a probe is sent: alone, as an entry of a Bundle, as a line of a stream. */
export const PROBE_DOORS = ['alone', 'batch', 'transaction', 'collection', 'stream'] as const;
export type ProbeDoor = (typeof PROBE_DOORS)[number];

/** A request, and whether its body is a line of a stream. */
export type DoorRequest = ProbeRequest & { readonly ndjson?: boolean };

const buildDoorBundle = ({ method, path, body, headers }: ProbeRequest, type: ProbeDoor): DoorRequest => {
  const request = {
    method,
    url: path.slice(1),
    ...(headers?.['If-Match'] ? { ifMatch: headers['If-Match'] } : {}),
    ...(headers?.['If-None-Exist'] ? { ifNoneExist: headers['If-None-Exist'] } : {}),
  };
  const entry = { ...(body ? { resource: body } : {}), ...(type === 'collection' ? {} : { request }) };
  return { method: 'POST', path: '/', body: { resourceType: 'Bundle', type, entry: [entry] } };
};

/** Puts a request through a door; null where that door has no such request. */
export function convertRequest(request: ProbeRequest, door: ProbeDoor): DoorRequest | null {
  const { method, body } = request;
  if (door === 'alone') return request;
  if (door === 'stream') return body ? { method: 'POST', path: '/$ingest', body, ndjson: true } : null;
  if (method === 'GET' || (door === 'collection' && !body)) return null;
  return buildDoorBundle(request, door);
}
