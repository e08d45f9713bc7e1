import { expect, test } from '@jest/globals';
import { addDays, countDaysBetween, resolveDay } from '../../src/trial/calendar-days.ts';
import { buildDayIndex } from '../../src/trial/day-index.ts';

test('days are counted as the calendar counts them, over leap years and centuries', () => {
  for (let ms = Date.UTC(1899, 0, 1), i = 0; i < 3000; i += 1) {
    const from = new Date(ms + i * 31 * 86_400_000).toISOString().slice(0, 10);
    const to = new Date(ms + (i * 31 + i) * 86_400_000).toISOString().slice(0, 10);
    expect([addDays(from, i), countDaysBetween(from, to), addDays(to, -i)]).toEqual([to, i, from]);
  }
  expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
  expect(addDays('2100-02-28', 1)).toBe('2100-03-01');
  expect(addDays('2000-02-28', 2)).toBe('2000-03-01');
});

test('the index finds exactly what can have happened between two days', () => {
  const fact = (earliestDay: string, latestDay = earliestDay) => ({
    at: { text: earliestDay, earliestDay, latestDay, instant: null },
  });
  const days = Array.from({ length: 40 }, (_, i) => addDays('2026-01-01', (i * 7) % 40));
  const facts = [
    ...days.map((day) => fact(day)),
    fact('2026-01-01', '2026-01-31'),
    fact('2026-02-01', '2026-02-03'),
  ];
  const index = buildDayIndex(facts);
  for (const first of days) {
    for (const last of [first, addDays(first, 3), addDays(first, 30)]) {
      const plain = facts.filter(({ at }) => at.latestDay >= first && at.earliestDay <= last);
      const found = index.findBetween(first, last);
      expect(new Set(found)).toEqual(new Set(plain));
      expect(found.map(({ at }) => at.earliestDay)).toEqual(plain.map(({ at }) => at.earliestDay).sort());
      expect(index.some(first, last, () => true)).toBe(plain.length > 0);
      expect(index.some(first, last, () => false)).toBe(false);
    }
  }
});

test.each([
  ['an instant', '2020-03-05T10:00:00+08:00', '2020-03-05', '2020-03-05', '2020-03-05'],
  [
    'a period over midnight: the day on which it began',
    '2020-03-05T23:00:00Z/2020-03-06T01:00:00Z',
    '2020-03-05',
    '2020-03-06',
    '2020-03-05',
  ],
  ['a month', '2020-03', '2020-03-01', '2020-03-31', null],
  ['a period that began in a month: no day of it', '2020-03/2020-04', '2020-03-01', '2020-04-30', null],
  ['a period without a beginning', '/2020-03-06', '2020-03-01', '2020-03-06', null],
])('the day of %s', (_says, text, earliestDay, latestDay, day) => {
  expect(resolveDay({ text, earliestDay, latestDay, instant: null })).toBe(day);
});
