import type { Principal } from '../../src/auth/principal.ts';
import { Failure } from '../../src/errors.ts';
import type { OutcomeCode } from '../../src/fhir/intake-outcomes.ts';
import type { Interaction, InteractionResult } from '../../src/fhir/interaction.ts';
import type { Disposition } from '../../src/fhir/operation-outcome.ts';
import { validateResource } from '../../src/fhir/validate-resource.ts';
import { createApp } from '../../src/http/app.ts';
import { createGate, type GateSettings } from '../../src/http/limits/gate.ts';
import { createTrustedProxies } from '../../src/http/limits/peer-address.ts';
import { listen } from '../../src/http/listen.ts';
import type { AcceptInteractions } from '../../src/pipeline/ports.ts';

/** A pipeline that records its calls and stores nothing on disk. */
export interface RecordingPipeline {
  readonly accept: AcceptInteractions;
  readonly calls: { site: string; interactions: readonly Interaction[]; grouping: string; door: string }[];
  readonly versions: Map<string, number>;
  /** Where set, every call throws it. */
  failure: Error | null;
  /** What every call waits for. */
  until: Promise<void>;
}

const LAST_MODIFIED = '2026-03-02T08:15:00.000Z';

function buildAnswer(
  interaction: Interaction,
  status: number,
  disposition: Disposition,
  detail: OutcomeCode,
): InteractionResult {
  const isError = status >= 400;
  return {
    status,
    resourceType: interaction.resourceType,
    id: null,
    version: null,
    lastModified: null,
    disposition,
    facts: disposition === 'mapped' ? 1 : 0,
    issues: [
      {
        severity: isError ? 'error' : 'information',
        code: isError ? 'value' : 'informational',
        detail,
        expression: `${interaction.resourceType}.code`,
        diagnostics: 'An answer of the recording pipeline.',
      },
    ],
  };
}

function applyInteraction(
  versions: Map<string, number>,
  interaction: Interaction,
  number: number,
): InteractionResult {
  const key = `${interaction.resourceType}/${interaction.id ?? `made-${number}`}`;
  if (interaction.method === 'delete') return buildAnswer(interaction, 200, 'withdrawn', 'withdrawn');
  const validated = validateResource(interaction.resource);
  if ('issues' in validated)
    return { ...buildAnswer(interaction, 422, 'invalid', 'fhir-invalid'), issues: validated.issues };
  if (interaction.ifMatch !== null && interaction.ifMatch !== String(versions.get(key))) {
    return buildAnswer(interaction, 412, 'invalid', 'precondition');
  }
  const version = (versions.get(key) ?? 0) + 1;
  versions.set(key, version);
  return {
    ...buildAnswer(interaction, version === 1 ? 201 : 200, 'mapped', 'mapped'),
    id: key.slice(key.indexOf('/') + 1),
    version: String(version),
    lastModified: LAST_MODIFIED,
  };
}

export function createRecordingPipeline(): RecordingPipeline {
  const calls: RecordingPipeline['calls'] = [];
  const versions = new Map<string, number>();
  const pipeline: RecordingPipeline = {
    calls,
    versions,
    failure: null,
    until: Promise.resolve(),
    accept: async (site, interactions, grouping, door) => {
      calls.push({ site, interactions, grouping, door });
      await pipeline.until;
      if (pipeline.failure) throw pipeline.failure;
      return interactions.map((interaction, index) => applyInteraction(versions, interaction, index));
    },
  };
  return pipeline;
}

export const TEST_SERVER_TOKEN = 'token-of-site-1';

const TEST_PRINCIPAL: Principal = {
  site: 'site-1',
  client: 'engine',
  scopes: [
    { type: '*', actions: 'cud' },
    { type: 'ResearchSubject', actions: 'cud' },
  ],
  method: 'static-token',
  keyThumbprint: null,
};

export interface TestServer {
  readonly url: string;
  readonly pipeline: RecordingPipeline;
  readonly events: { name: string; event: Record<string, unknown> }[];
  readonly port: number;
  /** Tells the handlers that the service stops; connections stay open. */
  readonly beginStopping: () => void;
  close(): Promise<void>;
}

const PLENTY = { perSecond: 1e6, burst: 1e6 };
const TEST_GATE: GateSettings = {
  rates: { unauthenticated: PLENTY, client: PLENTY },
  load: { waitMs: 60_000, bytes: 1e9 },
  proxies: createTrustedProxies([]),
};

/** Serves the real app on a free port of loopback, in front of a recording pipeline. */
export async function openTestServer(
  isReady = async () => true,
  takesLongIds = false,
  gate: Partial<GateSettings> = {},
): Promise<TestServer> {
  const events: TestServer['events'] = [];
  const record = (name: string) => (event: object) => void events.push({ name, event: { ...event } });
  const pipeline = createRecordingPipeline();
  let url = '';
  const stopping = new AbortController();
  const app = createApp({
    base: () => `${url}/fhir`,
    stopping: stopping.signal,
    gate: createGate({ ...TEST_GATE, ...gate }),
    accept: pipeline.accept,
    authenticate: async ({ authorization: [header] }) =>
      header === `Bearer ${TEST_SERVER_TOKEN}`
        ? { principal: TEST_PRINCIPAL, hmac: null }
        : { refusal: header === undefined ? 'none' : 'not-valid' },
    readCertificate: () => null,
    smart: null,
    tokenUrl: null,
    isMetadataPublic: true,
    recordRefusal: () => {},
    isReady,
    now: () => new Date('2026-03-02T09:00:00Z'),
    version: '9.8.7',
    findSupportedProfiles: (type) => ({
      base: null,
      claimable: type === 'Observation' ? ['urn:profile'] : [],
    }),
    takesLongIds: () => takesLongIds,
    limits: { resourceBytes: 10_000, bundleBytes: 50_000, lineBytes: 2_000 },
    observer: {
      entryAccepted: record('entryAccepted'),
      requestAnswered: record('requestAnswered'),
      requestFailed: record('requestFailed'),
      tokenIssued: record('tokenIssued'),
      authenticationRefused: record('authenticationRefused'),
    },
  });
  const listening = await listen(app, { host: '127.0.0.1', port: 0 });
  url = listening.url;
  return {
    ...listening,
    pipeline,
    events,
    beginStopping: () => stopping.abort(),
  };
}

function toBody(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return new Uint8Array(body);
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** An answer as it came; read-answers.ts reads the body. */
export interface TestReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends a request with the token, as FHIR JSON unless the headers state another type. */
export async function callServer(
  server: TestServer,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<TestReply> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${TEST_SERVER_TOKEN}`,
      'Content-Type': 'application/fhir+json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: toBody(body) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export const buildTestObservation = (id?: string) => ({
  resourceType: 'Observation',
  ...(id === undefined ? {} : { id }),
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-02T08:15:00+08:00',
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
});

export const createStoreFailure = () =>
  new Failure('store/unusable', 'The disk is full.', { fix: 'Make room.' });
