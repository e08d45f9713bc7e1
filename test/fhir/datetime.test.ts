import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseMoment, toLocalDay } from '../../src/fhir/datetime.ts';

const ZONES = [
  'UTC',
  'Asia/Shanghai',
  'America/New_York',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Europe/Berlin',
];

describe.each(ZONES)('in %s', (zone) => {
  test.each([
    ['2026', '2026-01-01', '2026-12-31'],
    ['2024-02', '2024-02-01', '2024-02-29'],
    ['1900-02', '1900-02-01', '1900-02-28'],
    ['2000-02', '2000-02-01', '2000-02-29'],
    ['2026-04', '2026-04-01', '2026-04-30'],
    ['2026-03-29', '2026-03-29', '2026-03-29'],
  ])('%s keeps its precision', (text, earliestDay, latestDay) => {
    expect(parseMoment(text, zone)).toEqual({ text, earliestDay, latestDay, instant: null });
  });

  test.each([
    '',
    '26',
    '2026-13',
    '2026-00',
    '2026-02-29',
    '2026-04-31',
    '2026-3-1',
    '0000',
    '2026-03-02T08:15',
    '2026-03-02T08:15:00',
    '2026-03-02T24:00:00Z',
    '2026-03-02T08:60:00Z',
    '2026-03-02T08:15:00+15:00',
    '2026-03-02 08:15:00Z',
    ' 2026-03-02',
    '2026-03-02\n',
    'yesterday',
  ])('%j is not a moment', (text) => expect(parseMoment(text, zone)).toBeNull());

  test('the day of an instant is the local day', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        (date) => {
          const text = `${date.toISOString().slice(0, 19)}Z`;
          const localDay = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(
            date,
          );
          const moment = parseMoment(text, zone);
          expect(moment?.earliestDay).toBe(localDay);
          expect(moment?.latestDay).toBe(localDay);
          expect(moment?.instant).toBe(Date.parse(text));
        },
      ),
      { numRuns: 100, seed: 1 },
    );
  });
});

describe('instants', () => {
  test.each([
    ['2026-03-02T08:15:00+08:00', '2026-03-02T00:15:00.000Z'],
    ['2026-03-02T08:15:00.1Z', '2026-03-02T08:15:00.100Z'],
    ['2026-03-02T08:15:00.289999Z', '2026-03-02T08:15:00.289Z'],
    ['2026-03-02T08:15:00-14:00', '2026-03-02T22:15:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ])('%s is %s', (text, utc) => expect(parseMoment(text, 'UTC')?.instant).toBe(Date.parse(utc)));

  test('the day changes at local midnight, also when the clocks change', () => {
    expect(toLocalDay(Date.parse('2026-03-29T00:59:59Z'), 'Europe/Berlin')).toBe('2026-03-29');
    expect(toLocalDay(Date.parse('2026-03-28T22:59:59Z'), 'Europe/Berlin')).toBe('2026-03-28');
    expect(toLocalDay(Date.parse('2026-03-28T23:00:00Z'), 'Europe/Berlin')).toBe('2026-03-29');
    expect(toLocalDay(Date.parse('2026-03-29T22:00:00Z'), 'Europe/Berlin')).toBe('2026-03-30');
  });
});

describe('periods', () => {
  const buildDays = (earliestDay: string, latestDay: string, text: string) => ({
    earliestDay,
    latestDay,
    text,
    instant: null,
  });
  test.each([
    [
      { start: '2026-03-02', end: '2026-03-04' },
      buildDays('2026-03-02', '2026-03-04', '2026-03-02/2026-03-04'),
    ],
    [{ start: '2026-03', end: '2026-03-04' }, buildDays('2026-03-01', '2026-03-04', '2026-03/2026-03-04')],
    [{ start: '2026-03-02' }, buildDays('2026-03-02', '2026-03-02', '2026-03-02/')],
    [{ end: '2026-03-02' }, null],
    [{ start: '2026-03-04', end: '2026-03-02' }, null],
    [{ start: '2026-03-02T10:00:00Z', end: '2026-03-02T09:00:00Z' }, null],
    [{ start: '2026-03-02', end: 'later' }, null],
    [{}, null],
    [null, null],
    [20260302, null],
  ])('%j', (period, moment) => expect(parseMoment(period, 'UTC')).toEqual(moment));

  test('a period with times has the instant of its start', () => {
    const period = { start: '2026-03-02T23:30:00+08:00', end: '2026-03-03T00:30:00+08:00' };
    expect(parseMoment(period, 'Asia/Shanghai')).toEqual({
      text: '2026-03-02T23:30:00+08:00/2026-03-03T00:30:00+08:00',
      earliestDay: '2026-03-02',
      latestDay: '2026-03-03',
      instant: Date.parse('2026-03-02T15:30:00Z'),
    });
  });
});
