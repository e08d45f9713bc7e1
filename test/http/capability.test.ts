import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  buildTestObservation,
  callServer,
  type LooseJson,
  openTestServer,
  type TestServer,
} from './test-server.ts';

let testServer: TestServer;
beforeAll(async () => {
  testServer = await openTestServer();
});
afterAll(() => testServer.close());

const listCodes = (list: LooseJson) => list.map((each: LooseJson) => each.code);

test('the CapabilityStatement says who and what it is', async () => {
  const { status, json } = await callServer(testServer, 'GET', '/fhir/metadata');
  expect(status).toBe(200);
  expect(json).toMatchObject({
    resourceType: 'CapabilityStatement',
    status: 'active',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+ndjson'],
    software: { version: '9.8.7' },
    implementation: { url: `${testServer.url}/fhir` },
  });
  expect(json.rest[0].security.description).toContain('bearer token');
});

test('what it claims is answered, and what it does not claim is not', async () => {
  const { json } = await callServer(testServer, 'GET', '/fhir/metadata');
  const [rest] = json.rest;
  expect(listCodes(rest.interaction)).toEqual(['transaction', 'batch']);
  expect(rest.operation.map((each: LooseJson) => each.name)).toEqual(['ingest']);
  const claimed = rest.resource.find((each: LooseJson) => each.type === 'Observation');
  expect(listCodes(claimed.interaction)).toEqual(['create', 'update', 'delete']);
  expect(claimed).toMatchObject({ conditionalCreate: true, conditionalUpdate: true, readHistory: false });
  for (const type of listCodes(rest.resource.map((each: LooseJson) => ({ code: each.type })))) {
    const answered = await callServer(testServer, 'DELETE', `/fhir/${type}/1`);
    expect(answered.status).toBe(200);
    expect((await callServer(testServer, 'GET', `/fhir/${type}/1`)).status).toBe(405);
    expect((await callServer(testServer, 'GET', `/fhir/${type}`)).status).toBe(405);
  }
  expect((await callServer(testServer, 'POST', '/fhir/Observation', buildTestObservation())).status).toBe(
    201,
  );
});

test('it names the profiles that the doors check, and apart from them what is written to EHRs', async () => {
  const { json } = await callServer(testServer, 'GET', '/fhir/metadata');
  const [server, client, ...more] = json.rest;
  expect([server.mode, client.mode, more]).toEqual(['server', 'client', []]);
  const taken = server.resource.filter((each: LooseJson) => each.supportedProfile);
  expect(taken.map((each: LooseJson) => [each.type, each.supportedProfile])).toEqual([
    ['Observation', ['urn:profile']],
  ]);
  expect(client.interaction).toEqual([{ code: 'transaction' }]);
  const id = (canonical: string) => canonical.slice(canonical.lastIndexOf('/') + 1);
  expect(client.resource.map((each: LooseJson) => [each.type, ...each.supportedProfile.map(id)])).toEqual([
    ['DetectedIssue', 'dose-deviation'],
    ['Observation', 'response-assessment'],
    ['Provenance', 'assessment-provenance'],
    ['ServiceRequest', 'continuation-proposal'],
  ]);
});

test('health is the process, ready is whether it can store', async () => {
  expect((await fetch(`${testServer.url}/health`)).status).toBe(200);
  expect((await fetch(`${testServer.url}/ready`)).status).toBe(200);
  const broken = await openTestServer(() => Promise.reject(new Error('disk')));
  expect((await fetch(`${broken.url}/health`)).status).toBe(200);
  const reply = await fetch(`${broken.url}/ready`);
  expect([reply.status, await reply.json()]).toEqual([503, { status: 'not ready' }]);
  await broken.close();
});
