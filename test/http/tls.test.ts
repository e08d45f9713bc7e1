import { request } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createApp } from '../../src/http/app.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { createCertificate, type TestCertificate } from '../support/create-certificate.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const testFolder = useFolder();

const authority = createCertificate('Hospital authority');
const stranger = createCertificate('Another authority');

let server: ListeningServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

const writeCertificate = ({ cert, key }: TestCertificate) => ({
  certFile: testFolder.writeFile('cert.pem', cert),
  keyFile: testFolder.writeFile('key.pem', key),
});

interface Seen {
  readonly authorized: boolean;
  readonly subject: string | undefined;
}

/** Serves over TLS; the answer says what the service sees of the client's certificate. */
async function startTlsServer(
  certificate: TestCertificate,
  client: 'none' | 'optional' | 'required' = 'none',
): Promise<ListeningServer> {
  const tls = {
    ...writeCertificate(certificate),
    clientCaFile: client === 'none' ? null : testFolder.writeFile('ca.pem', authority.cert),
    requiresClientCertificate: client === 'required',
  };
  server = await listen(
    ({ socket }, response) => {
      const { authorized } = socket as TLSSocket;
      const subject = (socket as TLSSocket).getPeerX509Certificate?.()?.subject;
      response.end(JSON.stringify({ authorized, subject }));
    },
    { host: '127.0.0.1', port: 0 },
    { tls },
  );
  return server;
}

function callTls(port: number, options: ConnectionOptions = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path: '/', ca: authority.cert, agent: false, ...options },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(JSON.parse(text)));
      },
    );
    call.on('error', reject);
    call.end();
  });
}

/** The certificate that the server shows, by its subject. */
function readShownSubject(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.subject ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('HTTPS', () => {
  test('is served with the certificate of the configuration, and the address says so', async () => {
    const { port, url } = await startTlsServer(createCertificate('service', authority));
    expect(url).toBe(`https://127.0.0.1:${port}`);
    expect(await callTls(port)).toMatchObject({ authorized: false });
    await expect(callTls(port, { ca: stranger.cert })).rejects.toThrow();
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('is refused in %s', async (version) => {
    const { port } = await startTlsServer(createCertificate('service', authority));
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(callTls(port, old)).rejects.toThrow();
    expect(await callTls(port, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })).toBeDefined();
  });

  test('plain HTTP to the port is not answered, and the server goes on', async () => {
    const { port } = await startTlsServer(createCertificate('service', authority));
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    expect(await callTls(port)).toBeDefined();
  });

  test('tells browsers to use nothing else (RFC 6797)', async () => {
    const files = writeCertificate(createCertificate('service', authority));
    const app = createApp({
      base: () => 'http://plain.invalid/fhir',
      isReady: async () => true,
      limits: { resourceBytes: 1, bundleBytes: 1, lineBytes: 1 },
      observer: { requestAnswered: () => undefined },
    } as never);
    const tls = { ...files, clientCaFile: null, requiresClientCertificate: false };
    server = await listen(app, { host: '127.0.0.1', port: 0 }, { tls });
    const { port } = server;
    const header = await new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/health', ca: authority.cert, agent: false }, (response) =>
        resolve(response.resume().headers['strict-transport-security']),
      )
        .on('error', reject)
        .end();
    });
    expect(header).toMatch(/^max-age=\d{8}$/);
  });
});

describe('a client certificate', () => {
  const client = createCertificate('engine-1', authority);
  const forged = createCertificate('engine-1', stranger);

  test('is asked for where its authority is configured, and seen by the service', async () => {
    const { port } = await startTlsServer(createCertificate('service', authority), 'optional');
    expect(await callTls(port, client)).toEqual({ authorized: true, subject: 'CN=engine-1' });
    expect(await callTls(port)).toMatchObject({ authorized: false });
    expect(await callTls(port, forged)).toMatchObject({ authorized: false });
  });

  test('where it is required nobody without a valid one reaches HTTP', async () => {
    const { port } = await startTlsServer(createCertificate('service', authority), 'required');
    expect(await callTls(port, client)).toMatchObject({ authorized: true });
    for (const refused of [{}, forged]) await expect(callTls(port, refused)).rejects.toThrow();
  });
});

describe('a new certificate', () => {
  test('is used for the connections that come after it was read', async () => {
    const { port, reloadCertificate } = await startTlsServer(createCertificate('first', authority));
    writeCertificate(createCertificate('second', authority));
    expect(await readShownSubject(port)).toBe('CN=first');
    reloadCertificate();
    expect(await readShownSubject(port)).toBe('CN=second');
  });

  test.each([
    ['the key of another', () => testFolder.writeFile('key.pem', stranger.key)],
    ['no certificate', () => testFolder.writeFile('cert.pem', 'not PEM')],
    ['an empty file', () => testFolder.writeFile('cert.pem', '')],
  ])('that cannot be used is refused, and the old one stays: %s', async (_name, damage) => {
    const { port, reloadCertificate } = await startTlsServer(createCertificate('first', authority));
    damage();
    expect(reloadCertificate).toThrow(expect.objectContaining({ code: 'config/invalid' }));
    expect(await readShownSubject(port)).toBe('CN=first');
  });

  test('at start one that cannot be used is refused by the place in the configuration', async () => {
    const tls = { certFile: '/none', keyFile: '/none', clientCaFile: null, requiresClientCertificate: false };
    await expect(listen(() => undefined, { host: '127.0.0.1', port: 0 }, { tls })).rejects.toMatchObject({
      code: 'config/invalid',
      at: 'tls.certFile',
    });
  });
});
