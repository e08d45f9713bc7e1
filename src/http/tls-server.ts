import { readFileSync } from 'node:fs';
import type { RequestListener, ServerOptions } from 'node:http';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { Failure } from '../errors.ts';

/** The files of a certificate in PEM, and whether clients show one. */
export interface CertificateFiles {
  /** The certificate of the service with those between it and its authority. */
  readonly certFile: string;
  readonly keyFile: string;
  /** The authorities of client certificates; null: none is asked for. */
  readonly clientCaFile: string | null;
  /** Whether a client without a certificate of these authorities is refused. */
  readonly requiresClientCertificate: boolean;
  /** Whether certificates are asked for without authorities, since clients are known by the digests of theirs. */
  readonly knowsCertificates?: boolean;
}

function readPem(file: string, at: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const fix = 'Name a file in PEM that the user of the service can read.';
    throw new Failure('config/invalid', `The file ${file} cannot be read.`, { at, fix }, { cause });
  }
}

/** Reads the files, and verifies that they can be used together. Throws `config/invalid`. */
function readSecureContext({ certFile, keyFile, clientCaFile }: CertificateFiles) {
  const context = {
    cert: readPem(certFile, 'tls.certFile'),
    key: readPem(keyFile, 'tls.keyFile'),
    ...(clientCaFile === null ? {} : { ca: readPem(clientCaFile, 'tls.clientCaFile') }),
    minVersion: 'TLSv1.2' as const,
    honorCipherOrder: true,
  };
  try {
    createSecureContext(context);
  } catch (cause) {
    throw new Failure(
      'config/invalid',
      'The certificate cannot be used.',
      {
        at: 'tls',
        fix: 'Give certificate, key and authorities in PEM, the key without a passphrase and of the certificate.',
      },
      { cause },
    );
  }
  return context;
}

/** A server of HTTPS, and the way to renew its certificate while it runs. */
export interface TlsServer {
  readonly server: Server;
  /** Reads the files again for the connections to come. Throws `config/invalid`; the old certificate stays in use. */
  reload(): void;
}

/**
 * Creates a server of HTTPS with TLS 1.2 or later. A client certificate that is shown and not verified is not refused here
 * unless one is required: who is admitted by certificate must look at `authorized` of the socket, or at the digest.
 */
export function createTlsServer(
  files: CertificateFiles,
  options: ServerOptions & { readonly handshakeTimeout: number },
  app: RequestListener,
): TlsServer {
  // Not imported: it would be loaded with the server that does without.
  const { createServer } = process.getBuiltinModule('node:https');
  const server = createServer(
    {
      ...options,
      ...readSecureContext(files),
      requestCert: files.clientCaFile !== null || files.knowsCertificates === true,
      rejectUnauthorized: files.requiresClientCertificate,
    },
    app,
  );
  return { server, reload: () => server.setSecureContext(readSecureContext(files)) };
}
