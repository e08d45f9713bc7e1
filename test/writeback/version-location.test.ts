import { describe, expect, test } from '@jest/globals';
import {
  formatVersionLocation,
  isVersioned,
  parseVersionLocation,
  readResponseLocation,
  readVersionLocation,
} from '../../src/writeback/version-location.ts';

describe('a location', () => {
  test.each([
    ['Observation/1/_history/3', { resourceType: 'Observation', id: '1', version: '3' }],
    ['Observation/1', { resourceType: 'Observation', id: '1', version: null }],
  ])('%s is parsed and formatted', (text, location) => {
    expect(parseVersionLocation(text)).toEqual(location);
    expect(formatVersionLocation(location)).toBe(text);
  });

  test.each([[''], ['Observation'], ['Observation/'], ['Observation/1?x=1'], ['Observation/../1']])(
    '%j is not one',
    (text) => {
      expect(parseVersionLocation(text)).toBeNull();
    },
  );

  test('is versioned only with a version', () => {
    expect(['Observation/1/_history/3', 'Observation/1', null].map(isVersioned)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test.each([
    [{ id: '1', meta: { versionId: '3' } }, 'Observation/1/_history/3'],
    [{ id: '1' }, 'Observation/1'],
    [{ id: '1', meta: { versionId: '../3' } }, 'Observation/1'],
    [{ id: '../1', meta: { versionId: '3' } }, null],
    [{}, null],
  ])('is read from the resource %j', (elements, expected) => {
    expect(readVersionLocation({ resourceType: 'Observation', ...elements })).toBe(expected);
  });

  test.each([
    ['Observation/1/_history/3', null, 'Observation/1/_history/3'],
    ['https://ehr.example/fhir/Observation/1/_history/3', null, 'Observation/1/_history/3'],
    ['/fhir/Observation/1', 'W/"7"', 'Observation/1/_history/7'],
    ['Observation/1', null, 'Observation/1'],
    ['Patient/1/_history/3', null, null],
    ['MyObservation/1', null, null],
    ['Observation/1?x=<script>', null, null],
    [null, 'W/"7"', null],
  ])('Location %s with ETag %s', (location, etag, expected) => {
    expect(readResponseLocation({ status: 200, location, etag }, 'Observation')).toBe(expected);
  });
});
