import { describe, expect, test } from '@jest/globals';
import { isBelowBase, isSentUnencrypted, parseBaseUrl, resolveBelowBase } from '../../src/ehr/base-url.ts';

describe('the base URL', () => {
  test.each([
    ['https://ehr.example/fhir', 'https://ehr.example/fhir/'],
    ['https://ehr.example/r4/', 'https://ehr.example/r4/'],
    ['http://127.0.0.1:8080/fhir', 'http://127.0.0.1:8080/fhir/'],
    ['http://localhost/fhir', 'http://localhost/fhir/'],
  ])('%s is accepted', (base, href) => {
    expect(parseBaseUrl(base, false).href).toBe(href);
  });

  test.each([
    'ehr.example/fhir',
    'ftp://ehr.example/fhir',
    'file:///etc/passwd',
    'http://ehr.example/fhir',
    'http://127.0.0.1.ehr.example/fhir',
    'https://user:secret@ehr.example/fhir',
    'https://ehr.example/fhir?tenant=1',
    'https://ehr.example/fhir#x',
  ])('%s is refused', (base) => {
    expect(() => parseBaseUrl(base, false)).toThrow(expect.objectContaining({ code: 'config/invalid' }));
  });

  test('may be plain http where the configuration allows it', () => {
    expect(parseBaseUrl('http://ehr.example/fhir', true).href).toBe('http://ehr.example/fhir/');
    expect(() => parseBaseUrl('ftp://ehr.example/fhir', true)).toThrow(
      expect.objectContaining({ code: 'config/invalid' }),
    );
  });

  test.each([
    ['https://ehr.example/fhir', false],
    ['http://127.0.0.1:8080/fhir', false],
    ['http://10.0.0.7/fhir', true],
    ['http://ehr.example/fhir', true],
  ])('%s is sent unencrypted: %s', (base, expected) => {
    expect(isSentUnencrypted(new URL(base))).toBe(expected);
  });
});

describe('a call', () => {
  const base = parseBaseUrl('https://ehr.example/fhir', false);

  test('stays below the base', () => {
    expect(resolveBelowBase(base, 'Observation?x=1').href).toBe('https://ehr.example/fhir/Observation?x=1');
    expect(resolveBelowBase(base, '').href).toBe('https://ehr.example/fhir');
  });

  test.each([
    '//evil.example/',
    'https://evil.example/fhir/',
    '../admin',
    '/fhirx/Observation',
    '%2e%2e/admin',
  ])('%s is not called', (path) => {
    expect(() => resolveBelowBase(base, path)).toThrow('leave the base');
  });
});

describe('a URL', () => {
  const base = new URL('https://ehr.example/fhir/r4/');

  test.each([
    'https://ehr.example/fhir/r4',
    'https://ehr.example:443/fhir/r4/Patient/1',
    'HTTPS://EHR.example/fhir/r4/x?y',
  ])('%s is below the base', (url) => expect(isBelowBase(base, new URL(url))).toBe(true));

  test.each([
    'https://ehr.example.evil.example/fhir/r4/',
    'https://ehr.example@evil.example/fhir/r4/',
    'https://user@ehr.example/fhir/r4/',
    'https://ehr.example:8443/fhir/r4/',
    'http://ehr.example/fhir/r4/',
    'https://ehr.example/fhir/r4x/Patient/1',
    'https://ehr.example/fhir/r4%2fPatient',
    'https://ehr.example/fhir',
    'https://ehr.example/FHIR/r4/',
    'https://ehr.example/fhir/r4/../r5/',
    'https://ehr.example/fhir/r4/%2e%2E/r5',
    'https://ehr.example/fhir/r4\\..\\r5',
    'https://ehr.example//fhir/r4/',
  ])('%s is not', (url) => expect(isBelowBase(base, new URL(url))).toBe(false));
});
