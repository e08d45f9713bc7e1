import { describe, expect, test } from '@jest/globals';
import { containsContent } from '../../src/writeback/content.ts';

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
