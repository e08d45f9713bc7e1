import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, type Door, type Json, observation, openDoor } from './door.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const codes = (list: Json) => list.map((each: Json) => each.code);

test('the CapabilityStatement says who and what it is', async () => {
  const { status, json } = await call(door, 'GET', '/fhir/metadata');
  expect(status).toBe(200);
  expect(json).toMatchObject({
    resourceType: 'CapabilityStatement',
    status: 'active',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+ndjson'],
    software: { version: '9.8.7' },
    implementation: { url: `${door.url}/fhir` },
  });
  expect(json.rest[0].security.description).toContain('bearer token');
});

test('what it claims is answered, and what it does not claim is not', async () => {
  const { json } = await call(door, 'GET', '/fhir/metadata');
  const [rest] = json.rest;
  expect(codes(rest.interaction)).toEqual(['transaction', 'batch']);
  expect(rest.operation.map((each: Json) => each.name)).toEqual(['ingest']);
  const claimed = rest.resource.find((each: Json) => each.type === 'Observation');
  expect(codes(claimed.interaction)).toEqual(['create', 'update', 'delete']);
  expect(claimed).toMatchObject({ conditionalCreate: true, conditionalUpdate: true, readHistory: false });
  for (const type of codes(rest.resource.map((each: Json) => ({ code: each.type })))) {
    const answered = await call(door, 'DELETE', `/fhir/${type}/1`);
    expect(answered.status).toBe(200);
    expect((await call(door, 'GET', `/fhir/${type}/1`)).status).toBe(405);
    expect((await call(door, 'GET', `/fhir/${type}`)).status).toBe(405);
  }
  expect((await call(door, 'POST', '/fhir/Observation', observation())).status).toBe(201);
});

test('it names the profiles that the doors check, and apart from them what is written to EHRs', async () => {
  const { json } = await call(door, 'GET', '/fhir/metadata');
  const [server, client, ...more] = json.rest;
  expect([server.mode, client.mode, more]).toEqual(['server', 'client', []]);
  const taken = server.resource.filter((each: Json) => each.supportedProfile);
  expect(taken.map((each: Json) => [each.type, each.supportedProfile])).toEqual([
    ['Observation', ['urn:profile']],
  ]);
  expect(client.interaction).toEqual([{ code: 'transaction' }]);
  const id = (canonical: string) => canonical.slice(canonical.lastIndexOf('/') + 1);
  expect(client.resource.map((each: Json) => [each.type, ...each.supportedProfile.map(id)])).toEqual([
    ['DetectedIssue', 'dose-deviation'],
    ['Observation', 'response-assessment'],
    ['Provenance', 'assessment-provenance'],
    ['ServiceRequest', 'continuation-proposal'],
  ]);
});

test('health is the process, ready is whether it can store', async () => {
  expect((await fetch(`${door.url}/health`)).status).toBe(200);
  expect((await fetch(`${door.url}/ready`)).status).toBe(200);
  const broken = await openDoor(() => Promise.reject(new Error('disk')));
  expect((await fetch(`${broken.url}/health`)).status).toBe(200);
  const reply = await fetch(`${broken.url}/ready`);
  expect([reply.status, await reply.json()]).toEqual([503, { status: 'not ready' }]);
  await broken.close();
});
