import { createHmac, createPrivateKey, randomUUID } from 'node:crypto';
import {
  type AccessSandbox,
  getClientKey,
  HMAC_SECRETS,
  ISSUER,
  type KeyName,
  SANDBOX_ORIGIN,
} from './access-sandbox.ts';
import { buildAssertion, buildToken, type TokenChanges } from './build-token.ts';
import { type SentAnswer, sendRequest } from './send-request.ts';

/** What an answer must be; what is left out may be anything. */
interface Expected {
  readonly status: number | readonly number[];
  /** The error of the body (token endpoint) or of WWW-Authenticate (resources). */
  readonly error?: string;
  readonly scope?: string;
  /** The site for which something was accepted; null where nothing was. */
  readonly site?: string | null;
  /** Headers that the answer must have. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Members that a JSON body must have, with their values. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** The statuses of the entries of a Bundle. */
  readonly entries?: readonly string[];
}

/** How a request reaches the adapter. */
interface Way {
  readonly via?: 'http' | 'https' | 'proxied';
  readonly certificate?: keyof AccessSandbox['certificates'];
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

interface TokenRequest extends Way {
  readonly method?: string;
  readonly contentType?: string;
  /** Parameters that differ; null takes one away. */
  readonly form?: Readonly<Record<string, string | { repeat: string; times: number } | null>>;
  readonly twice?: string;
  readonly path?: string;
}

/** The token of a request: a static one by its client, one that the adapter issues, or one that is made up. */
type CaseToken =
  | string
  | {
      readonly issued: {
        readonly client: string;
        readonly scope: string;
        readonly certificate?: Way['certificate'];
      };
    }
  | { readonly forged: TokenChanges & { readonly site?: string; readonly scope?: string } }
  | { readonly external: TokenChanges }
  | { readonly assertion: TokenChanges };

interface SignedBody {
  readonly scheme: 'x-signature' | 'standard-webhooks';
  readonly secret: keyof typeof HMAC_SECRETS;
  readonly change?: 'wrong' | 'sha1' | 'upper' | 'other-body' | 'two-signatures' | 'version-2' | 'no-id';
  /** When it was signed, in seconds from now. */
  readonly at?: number;
}

interface ResourceCall extends Way {
  readonly method: string;
  readonly path: string;
  /** The type of a resource in the body, or the types of the entries of a Bundle. */
  readonly resource?: string;
  readonly batch?: readonly string[];
  readonly transaction?: readonly string[];
  readonly ndjson?: readonly string[];
  readonly token?: CaseToken;
  /** The header as it is, in place of `Bearer` and the token. */
  readonly authorization?: string | readonly string[];
  readonly signed?: SignedBody;
}

/** One step of a case. */
interface CaseStep {
  /** Seconds that pass before it. */
  readonly wait?: number;
  readonly keyServer?: {
    readonly keys?: readonly KeyName[];
    readonly cacheControl?: string | null;
    readonly isDown?: boolean;
  };
  /** How often the server of the keys must have been asked since the case began. */
  readonly keyRequests?: number;
  readonly rotateKeys?: number;
  readonly disable?: string;
  readonly assertion?: TokenChanges;
  /** Sends the assertion of the step before it again. */
  readonly again?: boolean;
  readonly request?: TokenRequest;
  readonly call?: ResourceCall;
  /** Sends it so many times at once; `accepted` of them must succeed, and the others be as expected. */
  readonly times?: number;
  readonly accepted?: number;
  readonly expect?: Expected;
}

/** A case of authentication, as a security officer reads it. */
export interface AuthCase extends CaseStep {
  readonly id: string;
  readonly what: string;
  /** Requirements of SMART App Launch 2.2, by the number of Inferno's list. */
  readonly covers?: readonly number[];
  readonly steps?: readonly CaseStep[];
}

/** What a case has said so far. */
interface CaseMemory {
  assertion: string;
  /** The token that the adapter issued last. */
  token: string;
  readonly keyRequestsBefore: number;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

function buildForm(assertion: string, { form = {}, twice }: TokenRequest): string {
  const valid = {
    grant_type: 'client_credentials',
    scope: 'system/Observation.cu',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
  };
  const all: NonNullable<TokenRequest['form']> = { ...valid, ...form };
  const sent = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) {
    if (value === null) continue;
    const text = typeof value === 'string' ? value : value.repeat.repeat(value.times);
    sent.append(name, text);
    if (name === twice) sent.append(name, text);
  }
  return sent.toString();
}

/** Requests a token. */
export function requestSandboxToken(
  sandbox: AccessSandbox,
  assertion: string,
  request: TokenRequest = {},
): Promise<SentAnswer> {
  const { method = 'POST', via = 'http', contentType = 'application/x-www-form-urlencoded' } = request;
  const form = buildForm(assertion, request);
  return sendRequest({
    method,
    url: `${sandbox.urls[via]}${request.path ?? '/auth/token'}`,
    headers: { 'Content-Type': contentType, ...request.headers },
    ...(method === 'GET' ? {} : { body: form }),
    certificate: request.certificate && sandbox.certificates[request.certificate],
  });
}

const readJson = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};

/** Makes a token as the adapter writes them, with its own key. */
function buildOwnToken(
  sandbox: AccessSandbox,
  changes: TokenChanges & { site?: string; scope?: string },
): string {
  const { kid, jwk } = sandbox.signingKeys.getActive();
  const { client = 'engine-rsa', site = 'hospital-a', scope = 'system/Observation.cu' } = changes;
  const seconds = Math.floor(sandbox.now().getTime() / 1_000);
  const privateKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  const own = { privateKey, publicJwk: { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, kid } };
  const claims = {
    iss: SANDBOX_ORIGIN,
    sub: client,
    aud: `${SANDBOX_ORIGIN}/fhir`,
    client_id: client,
    site,
    scope,
    iat: seconds,
    exp: seconds + 300,
    jti: randomUUID(),
  };
  const key = changes.key === undefined ? own : getClientKey(changes.key);
  return buildToken({ header: { alg: 'ES384', typ: 'at+jwt', kid }, claims, key }, changes, sandbox.now());
}

/** Makes a token of the hospital's issuer. */
function buildExternalToken(sandbox: AccessSandbox, changes: TokenChanges): string {
  const key = getClientKey(changes.key ?? 'issuer');
  const seconds = Math.floor(sandbox.now().getTime() / 1_000);
  const claims = {
    iss: ISSUER,
    aud: ['account', 'trial-adapter'],
    client_id: 'urn:engine:7',
    scope: 'openid system/Observation.cu',
    exp: seconds + 600,
  };
  const header = { alg: 'RS256', typ: 'JWT', kid: key.publicJwk.kid };
  return buildToken({ header, claims, key }, changes, sandbox.now());
}

async function getToken(sandbox: AccessSandbox, token: CaseToken, memory: CaseMemory): Promise<string> {
  if (typeof token === 'string') return token === 'issued before' ? memory.token : `token-of-${token}`;
  if ('forged' in token) return buildOwnToken(sandbox, token.forged);
  if ('external' in token) return buildExternalToken(sandbox, token.external);
  if ('assertion' in token) return buildAssertion(token.assertion, sandbox.now());
  const { client, scope, certificate } = token.issued;
  const answer = await requestSandboxToken(sandbox, buildAssertion({ client }, sandbox.now()), {
    form: { scope },
    ...(certificate === undefined ? {} : { via: 'https', certificate }),
  });
  memory.token = String(readJson(answer.text).access_token);
  return memory.token;
}

/** What a resource needs to be valid, by type. */
const CONTENTS: Readonly<Record<string, object>> = {
  Observation: { status: 'final', code: { text: 'platelets' }, subject: { reference: 'Patient/p1' } },
  MedicationAdministration: {
    status: 'completed',
    medicationCodeableConcept: { text: 'filgrastim' },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-03-01',
  },
  ResearchSubject: {
    status: 'on-study',
    study: { reference: 'ResearchStudy/msc-aa' },
    individual: { reference: 'Patient/p1' },
  },
};

const buildResource = (type: string, id: string): object => ({ resourceType: type, id, ...CONTENTS[type] });

function buildBundle(type: 'batch' | 'transaction', entries: readonly string[]): object {
  return {
    resourceType: 'Bundle',
    type,
    entry: entries.map((text, index) => {
      const [method = '', resourceType = ''] = text.split(' ');
      const url = method === 'POST' ? resourceType : `${resourceType}/x${index}`;
      const resource = method === 'DELETE' ? {} : { resource: buildResource(resourceType, `x${index}`) };
      return { ...resource, request: { method, url } };
    }),
  };
}

/** The body of a call, and its media type; null without one. */
function buildBody({ resource, batch, transaction, ndjson }: ResourceCall): readonly [string, string] | null {
  if (ndjson)
    return [
      ndjson.map((type, n) => JSON.stringify(buildResource(type, `x${n}`))).join('\n'),
      'application/fhir+ndjson',
    ];
  const tree = batch
    ? buildBundle('batch', batch)
    : transaction
      ? buildBundle('transaction', transaction)
      : resource && buildResource(resource, 'x1');
  return tree ? [JSON.stringify(tree), 'application/fhir+json'] : null;
}

/** The headers of a signed body. */
function signBody(
  body: string,
  { scheme, secret, change, at = 0 }: SignedBody,
  now: Date,
): Record<string, string> {
  const signedText = change === 'other-body' ? `${body} ` : body;
  const key = change === 'wrong' ? 'not-the-secret-of-anybody-at-all' : HMAC_SECRETS[secret];
  if (scheme === 'x-signature') {
    const hex = createHmac(change === 'sha1' ? 'sha1' : 'sha256', key)
      .update(signedText)
      .digest('hex');
    return { 'X-Signature': change === 'upper' ? hex.toUpperCase() : hex };
  }
  const time = String(Math.floor(now.getTime() / 1_000) + at);
  const signature = createHmac('sha256', Buffer.from(key, 'base64'))
    .update(`msg_1.${time}.${signedText}`)
    .digest('base64');
  const value = `${change === 'version-2' ? 'v2' : 'v1'},${signature}`;
  return {
    ...(change === 'no-id' ? {} : { 'webhook-id': 'msg_1' }),
    'webhook-timestamp': time,
    'webhook-signature': change === 'two-signatures' ? `v1,${'A'.repeat(43)}= ${value}` : value,
  };
}

async function sendCall(sandbox: AccessSandbox, call: ResourceCall, memory: CaseMemory): Promise<SentAnswer> {
  const { via = 'http', token, authorization, certificate, signed } = call;
  const content = buildBody(call);
  const bearer = token === undefined ? undefined : `Bearer ${await getToken(sandbox, token, memory)}`;
  const header = authorization ?? bearer;
  const filled = [header].flat().map((text) => String(text).replace('{token}', bearer?.slice(7) ?? ''));
  const hash = certificate === undefined ? '' : sandbox.certificates[certificate].sha256;
  const more = Object.entries(call.headers ?? {}).map(([name, value]) => [
    name,
    String(value).replace('{sha256}', hash),
  ]);
  return sendRequest({
    method: call.method,
    url: `${sandbox.urls[via]}${call.path.replace('{token}', bearer?.slice(7) ?? '')}`,
    headers: {
      ...(content ? { 'Content-Type': content[1] } : {}),
      ...(header === undefined ? {} : { Authorization: filled }),
      ...(signed ? signBody(content?.[0] ?? '', signed, sandbox.now()) : {}),
      ...Object.fromEntries(more),
    },
    ...(content ? { body: content[0] } : {}),
    certificate: via === 'https' && certificate !== undefined ? sandbox.certificates[certificate] : undefined,
  });
}

const readParameter = (challenge: unknown, name: string): string | undefined =>
  new RegExp(`${name}="([^"]*)"`).exec(String(challenge))?.[1];

const hasStatus = (status: number, expected: Expected['status']): boolean =>
  [expected].flat().includes(status);

/** Lists in what an answer differs from what is expected. */
function listDifferences(answer: SentAnswer, expected: Expected): readonly string[] {
  const body = readJson(answer.text);
  const challenge = answer.headers['www-authenticate'];
  const error = body.error ?? readParameter(challenge, 'error');
  const scope = body.scope ?? readParameter(challenge, 'scope');
  const entries = ((body.entry ?? []) as { response: { status: string } }[]).map(({ response }) =>
    response.status.slice(0, 3),
  );
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ...(hasStatus(answer.status, expected.status)
      ? []
      : [['status', answer.status, expected.status] as const]),
    ...(expected.error === undefined ? [] : [['error', error, expected.error] as const]),
    ...(expected.scope === undefined ? [] : [['scope', scope, expected.scope] as const]),
    ...(expected.entries ? [['entries', entries.join(' '), expected.entries.join(' ')] as const] : []),
    ...Object.entries(expected.body ?? {}).map(
      ([name, value]) => [name, JSON.stringify(body[name] ?? null), JSON.stringify(value)] as const,
    ),
    ...Object.entries(expected.headers ?? {}).map(
      ([name, value]) => [name, answer.headers[name], value] as const,
    ),
  ];
  return pairs
    .filter(([, found, wanted]) => found !== wanted)
    .map(([name, found, wanted]) => `${name} ${found}, not ${wanted}`);
}

function prepareStep(sandbox: AccessSandbox, { wait, keyServer, rotateKeys, disable }: CaseStep): void {
  if (wait !== undefined) sandbox.advance(wait);
  if (keyServer) {
    const { keys, ...more } = keyServer;
    Object.assign(
      sandbox.keyServer,
      more,
      keys ? { keys: keys.map((name) => getClientKey(name).publicJwk) } : {},
    );
  }
  for (let count = 0; count < (rotateKeys ?? 0); count++) sandbox.signingKeys.rotate(sandbox.now());
  if (disable === undefined) return;
  const { sites } = sandbox.config;
  const changed = Object.entries(sites).map(([site, settings]) => {
    const clients = settings.clients.map((client) => ({
      ...client,
      isDisabled: client.isDisabled || client.client === disable,
    }));
    return [site, { ...settings, clients }] as const;
  });
  sandbox.access.replaceClients({ sites: Object.fromEntries(changed), devToken: null });
}

async function sendStep(sandbox: AccessSandbox, step: CaseStep, memory: CaseMemory): Promise<SentAnswer> {
  if (step.call) return sendCall(sandbox, step.call, memory);
  const answer = await requestSandboxToken(sandbox, memory.assertion, step.request);
  const issued = readJson(answer.text).access_token;
  if (typeof issued === 'string') memory.token = issued;
  return answer;
}

async function runStep(
  sandbox: AccessSandbox,
  step: CaseStep,
  memory: CaseMemory,
): Promise<readonly string[]> {
  prepareStep(sandbox, step);
  if (!step.again) memory.assertion = buildAssertion(step.assertion ?? {}, sandbox.now());
  const { expect: expected, times = 1, accepted = 0, keyRequests } = step;
  const callsBefore = sandbox.pipeline.calls.length;
  const answers = await Promise.all(Array.from({ length: times }, () => sendStep(sandbox, step, memory)));
  const refused = answers.filter(({ status }) => times === 1 || status >= 300);
  const sites = [...new Set(sandbox.pipeline.calls.slice(callsBefore).map(({ site }) => site))].join(' ');
  return [
    ...(expected ? refused.flatMap((answer) => listDifferences(answer, expected)) : []),
    ...(times > 1 && times - refused.length !== accepted
      ? [`${times - refused.length} accepted, not ${accepted}`]
      : []),
    ...(expected?.site !== undefined && sites !== (expected.site ?? '')
      ? [`site ${sites}, not ${expected.site}`]
      : []),
    ...(keyRequests !== undefined && sandbox.keyServer.requests - memory.keyRequestsBefore !== keyRequests
      ? [`${sandbox.keyServer.requests - memory.keyRequestsBefore} requests for keys, not ${keyRequests}`]
      : []),
  ];
}

/** Runs a case in the sandbox, as it was when it was opened; returns in what it differs from what is expected. */
export async function runAuthCase(sandbox: AccessSandbox, authCase: AuthCase): Promise<readonly string[]> {
  // Past the minute of failures that were counted, and the time for which keys are kept.
  sandbox.advance(3_600);
  Object.assign(sandbox.keyServer, {
    keys: [getClientKey('url').publicJwk],
    cacheControl: 'max-age=120',
    isDown: false,
  });
  sandbox.access.replaceClients(sandbox.config);
  sandbox.pipeline.versions.clear();
  const memory: CaseMemory = { assertion: '', token: '', keyRequestsBefore: sandbox.keyServer.requests };
  const differences: string[] = [];
  for (const [index, step] of (authCase.steps ?? [authCase]).entries()) {
    const found = await runStep(sandbox, step, memory);
    differences.push(...found.map((text) => (authCase.steps ? `step ${index + 1}: ${text}` : text)));
  }
  return differences;
}
