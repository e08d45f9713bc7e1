import { createHash, X509Certificate } from 'node:crypto';
import { createCertificate, type TestCertificate } from '../../support/create-certificate.ts';

/** A certificate of a client. */
export interface ClientCertificate extends TestCertificate {
  /** SHA-256 of the certificate in DER, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Creates a self-signed certificate, valid until `until` (`20261231000000Z`). */
export function createClientCertificate(name: string, until?: string): ClientCertificate {
  const certificate = createCertificate(name, undefined, until);
  const { raw } = new X509Certificate(certificate.cert);
  return { ...certificate, sha256: createHash('sha256').update(raw).digest('hex') };
}
