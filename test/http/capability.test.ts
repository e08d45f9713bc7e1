import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCapability } from './read-answers.ts';
import { buildTestObservation, callServer, openTestServer, type TestServer } from './test-server.ts';

let testServer: TestServer;
beforeAll(async () => {
  testServer = await openTestServer();
});
afterAll(() => testServer.close());

const listCodes = (list: readonly { readonly code: string }[] = []) => list.map(({ code }) => code);
const getMetadata = async () => readCapability(await callServer(testServer, 'GET', '/fhir/metadata'));

test('the CapabilityStatement describes the software and the base URL', async () => {
  const reply = await callServer(testServer, 'GET', '/fhir/metadata');
  expect(reply.status).toBe(200);
  expect(readCapability(reply)).toMatchObject({
    resourceType: 'CapabilityStatement',
    status: 'active',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+ndjson'],
    software: { version: '9.8.7' },
    implementation: { url: `${testServer.url}/fhir` },
    rest: [{ security: { description: expect.stringContaining('bearer token') } }, {}],
  });
});

test('interactions that it claims are answered, and others are refused', async () => {
  const [server] = (await getMetadata()).rest;
  expect(listCodes(server?.interaction)).toEqual(['transaction', 'batch']);
  expect(server?.operation.map(({ name }) => name)).toEqual(['ingest']);
  const claimed = server?.resource.find(({ type }) => type === 'Observation');
  expect(listCodes(claimed?.interaction)).toEqual(['create', 'update', 'delete']);
  expect(claimed).toMatchObject({ conditionalCreate: true, conditionalUpdate: true, readHistory: false });
  for (const { type } of server?.resource ?? []) {
    const answered = await callServer(testServer, 'DELETE', `/fhir/${type}/1`);
    expect(answered.status).toBe(200);
    expect((await callServer(testServer, 'GET', `/fhir/${type}/1`)).status).toBe(405);
    expect((await callServer(testServer, 'GET', `/fhir/${type}`)).status).toBe(405);
  }
  expect((await callServer(testServer, 'POST', '/fhir/Observation', buildTestObservation())).status).toBe(
    201,
  );
});

test('it names the profiles of inbound resources and, separately, those of the write-back', async () => {
  const [server, client, ...others] = (await getMetadata()).rest;
  expect([server?.mode, client?.mode, others]).toEqual(['server', 'client', []]);
  const profiled = server?.resource.filter(({ supportedProfile }) => supportedProfile);
  expect(profiled).toMatchObject([{ type: 'Observation', supportedProfile: ['urn:profile'] }]);
  expect(client?.interaction).toEqual([{ code: 'transaction' }]);
  const id = (canonical: string) => canonical.slice(canonical.lastIndexOf('/') + 1);
  const written = client?.resource.map(({ type, supportedProfile = [] }) => [
    type,
    ...supportedProfile.map(id),
  ]);
  expect(written).toEqual([
    ['DetectedIssue', 'dose-deviation'],
    ['Observation', 'investigator-assessment', 'response-assessment'],
    ['Provenance', 'assessment-provenance'],
    ['ServiceRequest', 'continuation-proposal'],
  ]);
});

test('/health reports that the process runs, /ready whether it can store', async () => {
  expect((await fetch(`${testServer.url}/health`)).status).toBe(200);
  expect((await fetch(`${testServer.url}/ready`)).status).toBe(200);
  const broken = await openTestServer(() => Promise.reject(new Error('disk')));
  expect((await fetch(`${broken.url}/health`)).status).toBe(200);
  const reply = await fetch(`${broken.url}/ready`);
  expect([reply.status, await reply.json()]).toEqual([503, { status: 'not ready' }]);
  await broken.close();
});
