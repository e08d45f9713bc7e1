import { resolve } from 'node:path';
import { z } from 'zod';

const isPublicUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && [search, hash, username, password].every((part) => part === '');
};

const proxySchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'must be the address of a proxy, or a network such as 10.20.0.0/16',
});

const rateSchema = (perSecond: number, burst: number) =>
  z
    .strictObject({
      perSecond: z.number().min(0.1).max(1_000_000).default(perSecond),
      burst: z.int().min(1).max(10_000_000).default(burst),
    })
    .prefault({});

const tlsSchema = z
  .strictObject({
    certFile: z.string().min(1),
    keyFile: z.string().min(1),
    clientCaFile: z.string().min(1).optional(),
    clientCertificates: z.enum(['optional', 'required']).optional(),
  })
  .refine((tls) => tls.clientCertificates === undefined || tls.clientCaFile !== undefined, {
    error: 'has clientCertificates, and no clientCaFile to check them against',
  });

/** The keys of the configuration file that say how HTTP is served. */
export const SERVER_SETTINGS = {
  publicUrl: z
    .string()
    .refine(isPublicUrl, 'must be an http or https URL without query, fragment or user')
    .optional(),
  behindProxy: z.array(proxySchema).default([]),
  tls: tlsSchema.optional(),
  connections: z
    .strictObject({
      total: z.int().min(10).max(100_000).default(2_000),
      perAddress: z.int().min(2).max(100_000).default(512),
    })
    .prefault({}),
  rates: z
    .strictObject({ unauthenticated: rateSchema(50, 500), client: rateSchema(5_000, 20_000) })
    .prefault({}),
  load: z
    .strictObject({
      waitMs: z.number().min(10).max(60_000).default(100),
      bytes: z.int().min(1_048_576).max(10_000_000_000).default(67_108_864),
    })
    .prefault({}),
};

type ServerSettings = z.infer<z.ZodObject<typeof SERVER_SETTINGS>>;

/** A token bucket: requests in a second on average, and at once. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Where the certificate of the service is, and whether clients show one. */
export interface TlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
  /** The authorities of client certificates; null: none is asked for. */
  readonly clientCaFile: string | null;
  /** Whether a client without a certificate of these authorities is refused before HTTP. */
  readonly requiresClientCertificate: boolean;
}

/** How HTTP is served. */
export interface ServerConfig {
  /** The address that senders use, without `/fhir` and without a slash at the end; null: the one that is listened on. */
  readonly publicUrl: string | null;
  /** Addresses and networks of proxies, whose `X-Forwarded-For` names the sender; they have no limit of an address. */
  readonly behindProxy: readonly string[];
  /** null: plain HTTP. */
  readonly tls: TlsConfig | null;
  /** The most connections at once. */
  readonly connections: { readonly total: number; readonly perAddress: number };
  readonly rates: {
    /** Of one address, requests without a valid credential. */
    readonly unauthenticated: RateLimit;
    /** Of one client of a site. */
    readonly client: RateLimit;
  };
  readonly load: {
    /** How long a request may wait for those before it, in milliseconds: more requests than that are refused. */
    readonly waitMs: number;
    /** The bytes of bodies that may be in progress at once. */
    readonly bytes: number;
  };
}

/** Builds the settings of the server from those of the file; paths are relative to its folder. */
export function buildServerConfig(settings: ServerSettings, fileFolder: string): ServerConfig {
  const { publicUrl, behindProxy, tls, connections, rates, load } = settings;
  return {
    publicUrl: publicUrl?.replace(/\/+$/, '') ?? null,
    behindProxy,
    tls: tls
      ? {
          certFile: resolve(fileFolder, tls.certFile),
          keyFile: resolve(fileFolder, tls.keyFile),
          clientCaFile: tls.clientCaFile === undefined ? null : resolve(fileFolder, tls.clientCaFile),
          requiresClientCertificate: tls.clientCertificates === 'required',
        }
      : null,
    connections,
    rates,
    load,
  };
}
