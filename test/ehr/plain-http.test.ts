import { expect, test } from '@jest/globals';
import type { Config, EhrConfig } from '../../src/config.ts';
import { loadConfig } from '../../src/config.ts';
import { createEhrClients, listUnencryptedSites } from '../../src/service/ehr-delivery.ts';

const PLAIN_HTTP_BASE = 'http://ehr.hospital.example/fhir';

function buildConfig(ehrs: Readonly<Record<string, Pick<EhrConfig, 'base' | 'plainHttp'>>>): Config {
  const rest = {
    networks: [],
    conditionalUpdate: true,
    pauseWrites: false,
    bearerToken: null,
    bearerTokenFile: null,
  };
  const sites = Object.entries(ehrs).map(([site, ehr]) => [
    site,
    { timeZone: null, clients: [], ehr: { ...rest, ...ehr } },
  ]);
  return { ...loadConfig({}, {}, '/nowhere'), sites: Object.fromEntries(sites) };
}

test('an EHR over plain http is refused, and the fix names the setting', () => {
  const config = buildConfig({ a: { base: PLAIN_HTTP_BASE, plainHttp: false } });
  expect(() => createEhrClients(config)).toThrow(
    expect.objectContaining({ code: 'config/invalid', fix: expect.stringContaining('"plainHttp": true') }),
  );
});

test('plainHttp allows it for that site, which is then named as unencrypted', () => {
  const config = buildConfig({
    a: { base: PLAIN_HTTP_BASE, plainHttp: true },
    b: { base: 'https://ehr.hospital.example/fhir', plainHttp: true },
    c: { base: 'http://127.0.0.1:8090/fhir', plainHttp: true },
    d: { base: 'http://127.0.0.1:8091/fhir', plainHttp: false },
  });
  expect([...createEhrClients(config).keys()]).toEqual(['a', 'b', 'c', 'd']);
  expect(listUnencryptedSites(config)).toEqual(['a']);
});
