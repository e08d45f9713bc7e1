import { describe, expect, test } from '@jest/globals';
import { isSentUnencrypted, parseBaseUrl, resolveBelowBase } from '../../src/ehr/base-url.ts';

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
