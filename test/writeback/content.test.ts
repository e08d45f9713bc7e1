import { describe, expect, test } from '@jest/globals';
import { containsContent, hasPendingContent } from '../../src/writeback/content.ts';

describe('what the EHR holds contains what was sent', () => {
  const sent = {
    issued: '2026-06-02T08:00:00.000Z',
    note: [{ text: 'a' }],
    identifier: [{ value: '1' }],
    n: 2,
  };

  test.each([
    [
      'with elements of its own',
      { ...sent, id: 'x', meta: {}, identifier: [{ value: 'own' }, { value: '1' }] },
      true,
    ],
    ['with another zone', { ...sent, issued: '2026-06-02T16:00:00+08:00' }, true],
    ['with another instant', { ...sent, issued: '2026-06-02T08:00:01.000Z' }, false],
    ['without the note', { ...sent, note: undefined }, false],
    ['with another number', { ...sent, n: 3 }, false],
  ])('%s', (_name, held, expected) => {
    expect(containsContent(held, sent)).toBe(expected);
  });
});

describe('what the EHR holds is the pending content and nothing that was taken back', () => {
  const pending = {
    status: 'final',
    derivedFrom: [{ reference: 'Observation/1' }],
    identifier: [{ value: '1' }],
  };
  const earlier = [{ ...pending, dataAbsentReason: { text: 'x' } }];

  test.each([
    ['as it was sent', pending, true],
    [
      'with elements of its own',
      { ...pending, id: '7', meta: {}, text: {}, performer: [{ display: 'y' }] },
      true,
    ],
    ['with an identifier of its own', { ...pending, identifier: [{ value: 'own' }, { value: '1' }] }, true],
    [
      'with words at the source',
      { ...pending, derivedFrom: [{ reference: 'Observation/1', display: 'z' }] },
      true,
    ],
    [
      'with a source that is none any more',
      { ...pending, derivedFrom: [{ reference: 'Observation/1' }, { reference: 'Observation/2' }] },
      false,
    ],
    ['with an element that was taken back', { ...pending, dataAbsentReason: { text: 'x' } }, false],
    ['without its source', { ...pending, derivedFrom: undefined }, false],
  ])('%s', (_name, held, expected) => {
    expect(hasPendingContent(held, pending, earlier)).toBe(expected);
  });
});
