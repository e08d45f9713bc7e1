import { describe, expect, test } from '@jest/globals';
import { formatCsvRow } from '../src/csv-row.ts';

describe('a cell that a spreadsheet would run', () => {
  test.each([
    '=1+1',
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
    '+cmd',
    '-cmd',
    '-1+1',
    '-2 to 3',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1',
    '－1+1',
    "'=1",
    "''@x",
  ])('%j is text, and can be read back', (text) => {
    const row = formatCsvRow([text]).slice(0, -2);
    const cell = row.startsWith('"') ? row.slice(1, -1).replaceAll('""', '"') : row;
    expect(cell).toBe(`'${text}`);
  });

  test.each(['-1.50', '-0.0', '+5', '-1e-3', '-.5', '1E2', '<5', '2026-02-03', "it's", 'a=b', "'quoted'"])(
    '%j stays as it is',
    (text) => expect(formatCsvRow([text])).toBe(`${text}\r\n`),
  );

  test('numbers keep their sign', () =>
    expect(formatCsvRow([-5, -0.25, null, true])).toBe('-5,-0.25,,true\r\n'));

  test('a separator of another locale cannot begin a cell', () => {
    expect(formatCsvRow(['a;=1', 'b\t=1'])).toBe('"a;=1","b\t=1"\r\n');
  });
});
