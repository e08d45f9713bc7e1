import type { HostilePlaces } from './hostile-references.ts';

/** An answer of an EHR that points elsewhere. */
export interface HostileAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const FHIR = 'application/fhir+json';

function buildBundle(url: string, resourceType = 'Observation'): string {
  const resource = {
    ...{ resourceType, id: '1', meta: { versionId: '1', profile: [url], source: url } },
    ...{ identifier: [{ system: 'urn:torture:assessment', value: 'a0' }], implicitRules: url },
    ...{ subject: { reference: url }, derivedFrom: [{ reference: url }] },
  };
  return JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction-response',
    link: ['self', 'next', 'previous', 'last'].map((relation) => ({ relation, url })),
    entry: [
      { fullUrl: url, resource, response: { status: '201', location: url, etag: 'W/"1"' } },
      { response: { status: '303', location: url } },
    ],
  });
}

/** Lists answers that send the client to the canary: redirects, locations, links, challenges and resources. */
export function listHostileAnswers({ canary }: HostilePlaces): readonly HostileAnswer[] {
  const url = `http://${canary}/fhir/Observation/1/_history/1`;
  const redirects = [201, 300, 301, 302, 303, 305, 307, 308].flatMap((status) =>
    [url, `//${canary}/`, `http://127.0.0.1@${canary}/`].map((location) => ({
      status,
      headers: { location, 'content-location': location },
      body: '',
    })),
  );
  const challenges = [401, 407].map((status) => ({
    status,
    headers: {
      'www-authenticate': `Bearer realm="${url}", authorization_uri="${url}", resource_metadata="${url}"`,
      'proxy-authenticate': `Basic realm="${url}"`,
    },
    body: '',
  }));
  const pointers = {
    refresh: `0; url=${url}`,
    link: `<${url}>; rel="next", <${url}>; rel="preload", <http://${canary}>; rel="preconnect"`,
    'alt-svc': `h2="${canary}"; ma=86400, h3="${canary}"`,
    'content-location': url,
    location: url,
  };
  const bodies: readonly HostileAnswer[] = [
    { status: 200, headers: { 'content-type': FHIR, ...pointers }, body: buildBundle(url) },
    { status: 200, headers: { 'content-type': FHIR, ...pointers }, body: buildBundle('../../admin') },
    { status: 200, headers: { 'content-type': FHIR }, body: buildBundle(`file://${url}`, 'Provenance') },
    {
      status: 200,
      headers: { 'content-type': 'text/html', ...pointers },
      body: `<meta http-equiv="refresh" content="0; url=${url}"><img src="${url}">`,
    },
    {
      status: 422,
      headers: { 'content-type': FHIR, ...pointers },
      body: JSON.stringify({
        resourceType: 'OperationOutcome',
        issue: [{ code: 'invalid', diagnostics: url }],
      }),
    },
    { status: 503, headers: { 'retry-after': '0', ...pointers }, body: '' },
    { status: 421, headers: pointers, body: '' },
    { status: 426, headers: { upgrade: 'h2c', connection: 'upgrade' }, body: '' },
  ];
  return [...redirects, ...challenges, ...bodies];
}
