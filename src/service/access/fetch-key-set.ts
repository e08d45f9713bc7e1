import type { FetchKeySet } from '../../auth/smart/key-sets.ts';
import { createAddressPolicy, listAllowedNetworks } from '../../ehr/address-policy.ts';
import { createTransport, type Transport, type TransportResponse } from '../../ehr/transport.ts';
import { decodeUtf8 } from '../../fhir/decode-text.ts';
import { parseJson } from '../../fhir/lossless-json.ts';

/** The time for the whole answer. */
const TIMEOUT_MS = 5_000;
/** More than any JWK Set. */
const MAX_BYTES = 262_144;

async function readBytes({ body }: TransportResponse): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
    size += chunk.value.byteLength;
    if (size > MAX_BYTES) {
      await reader?.cancel();
      throw new Error('The JWK Set is too large.');
    }
    chunks.push(chunk.value);
  }
  return Buffer.concat(chunks);
}

/**
 * Creates the function that fetches the public keys of clients and issuers. The rules are those for EHRs: only addresses that
 * are public or listed, checked where the connection is made; redirects are not followed; five seconds.
 */
export function createFetchKeySet(): FetchKeySet {
  const transports = new Map<string, Transport>();
  const getTransport = (url: URL, networks: readonly string[]): Transport => {
    const known = transports.get(url.origin);
    if (known) return known;
    const isAllowed = createAddressPolicy(listAllowedNetworks(url, networks));
    const created = createTransport({ isAllowed, connectTimeoutMs: TIMEOUT_MS });
    transports.set(url.origin, created);
    return created;
  };
  return async (text, networks) => {
    const url = new URL(text);
    const response = await getTransport(url, networks)(url, {
      method: 'GET',
      headers: { Accept: 'application/jwk-set+json, application/json' },
      body: null,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error('The keys were not sent.');
    }
    const body = parseJson(decodeUtf8(await readBytes(response)));
    return { cacheControl: response.headers.get('cache-control'), age: response.headers.get('age'), body };
  };
}
