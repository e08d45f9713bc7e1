import { expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const testFolder = useFolder();

const loadServerConfig = (settings: object) =>
  loadConfig({ config: testFolder.writeJson('c.json', settings) }, {}, testFolder.path).server;

test('the defaults: plain HTTP, no proxy, limits that a hospital does not meet', () => {
  expect(loadServerConfig({})).toEqual({
    publicUrl: null,
    behindProxy: [],
    tls: null,
    connections: { total: 2_000, perAddress: 512 },
    rates: { unauthenticated: { perSecond: 50, burst: 500 }, client: { perSecond: 5_000, burst: 20_000 } },
    load: { waitMs: 100, bytes: 67_108_864 },
  });
});

test('paths of certificates are relative to the file; a slash at the end of the public address is none of it', () => {
  const tls = { certFile: 'tls/cert.pem', keyFile: '/etc/key.pem', clientCaFile: 'ca.pem' };
  expect(loadServerConfig({ publicUrl: 'https://adapter.example/trials/', tls })).toMatchObject({
    publicUrl: 'https://adapter.example/trials',
    tls: {
      certFile: `${testFolder.path}/tls/cert.pem`,
      keyFile: '/etc/key.pem',
      clientCaFile: `${testFolder.path}/ca.pem`,
      requiresClientCertificate: false,
    },
  });
});

test.each([
  [{ publicUrl: 'ftp://adapter.example' }, 'publicUrl'],
  [{ publicUrl: 'https://user:secret@adapter.example' }, 'publicUrl'],
  [{ publicUrl: 'https://adapter.example?x=1' }, 'publicUrl'],
  [{ behindProxy: ['proxy.example'] }, 'behindProxy.0'],
  [{ tls: { certFile: 'cert.pem' } }, 'tls.keyFile'],
  [{ tls: { certFile: 'c', keyFile: 'k', clientCertificates: 'required' } }, 'tls'],
  [{ connections: { perAddress: 0 } }, 'connections.perAddress'],
  [{ rates: { client: { perSecond: 0 } } }, 'rates.client.perSecond'],
  [{ load: { waitMs: 0 } }, 'load.waitMs'],
])('a setting that cannot be meant is refused by its place: %j', (settings, place) => {
  expect(() => loadServerConfig(settings)).toThrow(
    expect.objectContaining({ code: 'config/invalid', at: expect.stringContaining(`(${place})`) }),
  );
});
