import { describe, expect, test } from '@jest/globals';
import { parseReference, toLocalKey } from '../../src/fhir/reference.ts';

const URN = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0';

describe('the text of a reference', () => {
  test.each([
    ['Patient/12', { kind: 'relative', type: 'Patient', id: '12', version: null }],
    ['Patient/12/_history/3', { kind: 'relative', type: 'Patient', id: '12', version: '3' }],
    [
      'https://ehr.example/fhir/Patient/a.b-c',
      { kind: 'absolute', base: 'https://ehr.example/fhir', type: 'Patient', id: 'a.b-c', version: null },
    ],
    [
      'http://ehr.example/Patient/1/_history/2',
      { kind: 'absolute', base: 'http://ehr.example', type: 'Patient', id: '1', version: '2' },
    ],
    [URN, { kind: 'urn', urn: URN }],
    ['urn:oid:2.16.840.1', { kind: 'urn', urn: 'urn:oid:2.16.840.1' }],
    ['#med', { kind: 'contained', id: 'med' }],
    ['#', { kind: 'contained', id: '' }],
  ])('%s', (text, parsed) => expect(parseReference(text)).toEqual(parsed));

  test.each([
    '',
    'Patient',
    'patient/12',
    'Patient/',
    'Patient/a b',
    'Patient?identifier=x|1',
    'Patient/../12',
    'ftp://a/Patient/1',
  ])('%j is not a reference', (text) => expect(parseReference(text)).toBeNull());

  test.each([
    ['a base', (length: number) => `https://${'a'.repeat(length)}/Patient/1`, 1024],
    ['a base of many parts', (length: number) => `https://${'a/'.repeat(length / 2)}Patient/1`, 1024],
    ['a type', (length: number) => `P${'a'.repeat(length - 1)}/1`, 64],
    ['an id', (length: number) => `Patient/${'1'.repeat(length)}`, 64],
    ['a version', (length: number) => `Patient/1/_history/${'1'.repeat(length)}`, 64],
    ['an OID', (length: number) => `urn:oid:1${'.1'.repeat(length)}`, 64],
  ])('%s has a maximum length, which bounds the time of matching', (_name, buildText, max) => {
    expect(parseReference(buildText(max))).not.toBeNull();
    expect(parseReference(buildText(max + 2))).toBeNull();
  });
});

test('the key of a stored resource is its type and id, for any base and version', () => {
  const key = (text: string) => {
    const parsed = parseReference(text);
    return parsed && toLocalKey(parsed);
  };
  expect(key('Patient/1/_history/2')).toBe('Patient/1');
  expect(key('https://ehr.example/fhir/Patient/1')).toBe('Patient/1');
  expect(key(URN)).toBeNull();
  expect(key('#a')).toBeNull();
});
