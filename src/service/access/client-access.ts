import { BlockList, isIPv6 } from 'node:net';
import { buildAuditEntry } from '../../audit/audit-entry.ts';
import { runAs } from '../../audit/audit-origin.ts';
import { type Authenticate, createAuthenticate, type IssuedTokens } from '../../auth/authenticate.ts';
import {
  type ClientRegistry,
  createClientRegistry,
  type RegisteredClient,
} from '../../auth/client-registry.ts';
import {
  createAccessTokenIssuer,
  createAccessTokenVerifier,
  type TokenSettings,
} from '../../auth/smart/access-token.ts';
import type { AssertionChecks } from '../../auth/smart/client-assertion.ts';
import { createExternalVerifier } from '../../auth/smart/external-issuer.ts';
import {
  createInlineKeySet,
  createRemoteKeySet,
  type FetchKeySet,
  type KeySet,
} from '../../auth/smart/key-sets.ts';
import { locateSigningKeys, openSigningKeys, type SigningKeys } from '../../auth/smart/signing-keys.ts';
import type { TokenEndpoint } from '../../auth/smart/token-request.ts';
import type { Config } from '../../config.ts';
import { FULLY_CHECKED_TYPES } from '../../fhir/validate/type-shapes.ts';
import {
  type CertificateProxies,
  createCertificateReader,
  type ReadClientCertificate,
} from '../../http/auth/client-certificate.ts';
import type { PublishedAuthorisation } from '../../http/auth/well-known.ts';
import type { Store, StoreTransaction } from '../../store/store.ts';

/** Everything by which clients get in. */
export interface ClientAccess {
  readonly authenticate: Authenticate;
  readonly readCertificate: ReadClientCertificate;
  /** The token endpoint and what is published about it; null where no client asks for tokens. */
  readonly smart: { readonly endpoint: TokenEndpoint; readonly published: PublishedAuthorisation } | null;
  /** Whether any client is known by its certificate. */
  readonly usesCertificates: boolean;
  /** Whether any client is registered. */
  readonly hasClients: boolean;
  /** Takes the clients of a configuration that was read again: who is no longer in it is out at once. */
  replaceClients(config: Pick<Config, 'sites' | 'devToken'>): void;
}

/** What is exchanged in tests: clock and network. */
export interface AccessPorts {
  now(): Date;
  readonly fetchKeySet: FetchKeySet;
}

/** Makes the list of proxies that may state a client's certificate. */
function createProxies(settings: Config['access']['clientCertificates']): CertificateProxies | null {
  if (!settings) return null;
  const list = new BlockList();
  for (const text of settings.proxies) {
    const [address = '', bits] = text.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return {
    header: settings.header,
    isProxy(address) {
      const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
      return plain !== '' && list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
    },
  };
}

/** Keeps the keys of clients: one set for each place that they come from. */
function createClientKeys({ fetchKeySet, now }: AccessPorts): (client: RegisteredClient) => KeySet | null {
  const sets = new Map<string, KeySet>();
  return ({ keys }) => {
    if (!keys) return null;
    if (keys.kind === 'inline') return createInlineKeySet(keys.keys);
    const place = `${keys.url} ${keys.networks.join(' ')}`;
    const known = sets.get(place);
    if (known) return known;
    const created = createRemoteKeySet(keys, fetchKeySet, () => now().getTime());
    sets.set(place, created);
    return created;
  };
}

/** Notes the first client that uses a key. */
function createKeyClaims(): AssertionChecks['claimKey'] {
  const owners = new Map<string, string>();
  return (thumbprint, { client }) => {
    const owner = owners.get(thumbprint) ?? client;
    owners.set(thumbprint, owner);
    return owner;
  };
}

/**
 * Stores the jti of an assertion in a transaction of its own. It is the last check of an assertion, so that its entry in the audit
 * trail says that the client was admitted.
 */
const createJtiMemory =
  (store: Store, now: () => Date): AssertionChecks['rememberJti'] =>
  ({ client, site }, jti, until) => {
    const remember = async (tx: StoreTransaction): Promise<boolean> => {
      const at = now();
      const isNew = await tx.usedAssertions.use(client, jti, until.toISOString(), at.toISOString());
      if (isNew) await tx.audit.append(buildAuditEntry({ action: 'client.authenticated', site }, at));
      return isNew;
    };
    const origin = { actor: client, kind: 'client', how: 'private_key_jwt' } as const;
    return runAs(origin, () => store.transaction(remember, { site, part: 'site' }));
  };

function createEndpoint(
  store: Store,
  getRegistry: () => ClientRegistry,
  { keys, settings, ports }: { keys: SigningKeys; settings: TokenSettings; ports: AccessPorts },
): TokenEndpoint {
  const { now } = ports;
  return {
    tokens: createAccessTokenIssuer(settings, keys),
    checks: {
      tokenUrl: `${settings.issuer}/auth/token`,
      getRegistry,
      getKeys: createClientKeys(ports),
      claimKey: createKeyClaims(),
      rememberJti: createJtiMemory(store, now),
      now,
    },
  };
}

/** Connects the ways in which clients authenticate, as the configuration says. */
export function createClientAccess(
  config: Pick<Config, 'sites' | 'devToken' | 'server' | 'access' | 'keysDir'>,
  store: Store,
  ports: AccessPorts,
): ClientAccess {
  const { access } = config;
  const { publicUrl } = config.server;
  const { now, fetchKeySet } = ports;
  let registry = createClientRegistry(config);
  const getRegistry = () => registry;
  const issuers: IssuedTokens[] = access.issuers.map((issuer) => {
    const source = { url: issuer.jwksUri, networks: issuer.jwksNetworks };
    const keys = createRemoteKeySet(source, fetchKeySet, () => now().getTime());
    return {
      method: 'external-token',
      issuer: issuer.issuer,
      verify: createExternalVerifier(issuer, keys, now),
    };
  });
  let smart: ClientAccess['smart'] = null;
  if (publicUrl !== null && registry.clients.some(({ keys }) => keys !== null)) {
    const keys = openSigningKeys(locateSigningKeys(config.keysDir), now);
    const settings = { issuer: publicUrl, audience: `${publicUrl}/fhir`, now };
    issuers.push({
      method: 'access-token',
      issuer: publicUrl,
      verify: createAccessTokenVerifier(settings, keys),
    });
    smart = {
      endpoint: createEndpoint(store, getRegistry, { keys, settings, ports }),
      published: {
        origin: publicUrl,
        listPublicKeys: () => {
          keys.getActive();
          return keys.listPublicKeys();
        },
        types: [...FULLY_CHECKED_TYPES].filter((type) => type !== 'ResearchSubject').sort(),
      },
    };
  }
  return {
    authenticate: createAuthenticate({ getRegistry, issuers, now }),
    readCertificate: createCertificateReader(createProxies(access.clientCertificates), now),
    smart,
    usesCertificates: registry.clients.some(({ certificateSha256 }) => certificateSha256 !== null),
    hasClients: registry.clients.length > 0,
    replaceClients(changed) {
      registry = createClientRegistry(changed);
    },
  };
}
