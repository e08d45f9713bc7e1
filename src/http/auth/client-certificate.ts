import { createHash, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Reads the SHA-256 of the client's certificate, 64 hexadecimal digits; null where the client has presented none. */
export type ReadClientCertificate = (request: IncomingMessage) => string | null;

/** The proxies that end TLS and state the client's certificate, and the header in which they do. */
export interface CertificateProxies {
  readonly header: 'client-cert' | 'x-forwarded-client-cert';
  isProxy(address: string): boolean;
}

/** A certificate in DER; null where it is no certificate, and on days on which it is not valid. */
function readValidCertificate(der: Uint8Array, now: Date): string | null {
  try {
    const certificate = new X509Certificate(der);
    const isValid =
      Date.parse(certificate.validFrom) <= now.getTime() && now.getTime() <= Date.parse(certificate.validTo);
    return isValid ? createHash('sha256').update(certificate.raw).digest('hex') : null;
  } catch {
    return null;
  }
}

/** A certificate that was presented on the connection; who presented it has proved that they have its key (RFC 8446, 4.4.3). */
function readPeerCertificate({ socket }: IncomingMessage, now: Date): string | null {
  if (!('getPeerX509Certificate' in socket) || typeof socket.getPeerX509Certificate !== 'function')
    return null;
  const certificate: unknown = socket.getPeerX509Certificate();
  return certificate instanceof X509Certificate ? readValidCertificate(certificate.raw, now) : null;
}

/** RFC 9440: `Client-Cert` is the certificate in DER, as base64 between colons. */
const readClientCertHeader = (value: string, now: Date): string | null => {
  const base64 = /^:([A-Za-z0-9+/]{1,12000}={0,2}):$/.exec(value)?.[1];
  return base64 === undefined ? null : readValidCertificate(Buffer.from(base64, 'base64'), now);
};

/**
 * Envoy: `Hash` is the SHA-256 of the certificate. The header must have one: with several, a client could have written the first
 * (the proxy must replace the header, SANITIZE_SET, and not append to it), or have it in the subject of its certificate.
 */
function readForwardedHash(value: string): string | null {
  if ((value.match(/hash=/gi) ?? []).length !== 1) return null;
  return /(?:^|[;,])\s{0,4}hash=([0-9a-f]{64})(?:[;,]|$)/i.exec(value)?.[1]?.toLowerCase() ?? null;
}

/**
 * Creates the reader of client certificates: from the TLS connection, or from the header of a proxy that is listed. The header of
 * anybody else is ignored, since anybody can write one.
 */
export function createCertificateReader(
  proxies: CertificateProxies | null,
  now: () => Date,
): ReadClientCertificate {
  return (request) => {
    const presented = readPeerCertificate(request, now());
    if (!proxies?.isProxy(request.socket.remoteAddress ?? '')) return presented;
    const [value, ...more] = request.headersDistinct[proxies.header] ?? [];
    if (value === undefined || more.length > 0) return null;
    return proxies.header === 'client-cert' ? readClientCertHeader(value, now()) : readForwardedHash(value);
  };
}
