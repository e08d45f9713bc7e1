import { expect, test } from '@jest/globals';
import { explainSubject } from '../../src/trial/explain-subject.ts';
import { buildVignetteFacts, readBundledCriteria, readBundledProtocol, type Vignette } from './vignette.ts';
import { assessVignette } from './vignette-answers.ts';

const rules = { protocol: readBundledProtocol(), criteria: readBundledCriteria() };
const PARTIAL_RESPONSE_COUNTS = { anc: '0.8', hb: '95', plt: '40', ret: '70' };

function explainVignette(v: Partial<Vignette>, visit?: string): string {
  const whole: Vignette = { name: '-', follows: '-', today: 200, expect: {}, ...v };
  return explainSubject(assessVignette(rules, whole), buildVignetteFacts(whole), visit);
}

test('independence of transfusions is shown by the days of the last ones', () => {
  const text = explainVignette(
    {
      counts: [
        [91, PARTIAL_RESPONSE_COUNTS],
        [120, PARTIAL_RESPONSE_COUNTS],
      ],
      transfusions: [
        [-20, 'red-cells'],
        [30, 'red-cells'],
        [100, 'red-cells'],
      ],
    },
    'M3',
  );
  expect(text).toMatch(
    /Last transfusions up to 2024-04-15: red cells 2024-02-14, 61 days before \[Procedure\/.*; platelets none reported\./,
  );
});

test('a failed independence names the transfusion', () => {
  const transfusions = [
    [70, 'platelets'],
    [75, 'platelets'],
  ] as const;
  expect(explainVignette({ counts: [[91, PARTIAL_RESPONSE_COUNTS]], transfusions }, 'M3')).toContain(
    'no platelet transfusion in 28 days, all after the first infusion (platelet transfusion on 2024-03-30)',
  );
});

test('a lost response names the count that fails it, with its values', () => {
  const low = { anc: '0.3', hb: '72', plt: '11', ret: '20' };
  const counts: Vignette['counts'] = [
    [91, PARTIAL_RESPONSE_COUNTS],
    [120, low],
  ];
  expect(explainVignette({ counts }, 'M3')).toMatch(
    /the count of 2024-05-14 fails it \(not met: not severe any more; neutrophils 0\.3 .* platelets 11 10\*9\/L on 2024-05-14/,
  );
});

test('a corrected count is marked', () => {
  const v: Vignette = {
    name: '-',
    follows: '-',
    counts: [[91, { plt: '13' }, { status: 'corrected' }]],
    today: 200,
    expect: {},
  };
  expect(explainVignette(v, 'M3')).toContain('platelets 13 10*9/L on 2024-04-15 (corrected)  [Observation/');
});

test('units before and after are stated, and too few days are too', () => {
  const v: Partial<Vignette> = {
    counts: [
      [30, PARTIAL_RESPONSE_COUNTS],
      [91, PARTIAL_RESPONSE_COUNTS],
    ],
    transfusions: [
      [-40, 'red-cells', '2'],
      [60, 'red-cells', '1'],
    ],
  };
  expect(explainVignette(v, 'M1')).toContain('(only 30 days since the first infusion)');
  expect(explainVignette(v, 'M3')).toContain('(2 in the 56 days before it, 1 up to 2024-04-15)');
});

test('what was shown is named with its values and place; for one visit it is shown in full', () => {
  const counts: Vignette['counts'] = [
    [30, PARTIAL_RESPONSE_COUNTS],
    [91, PARTIAL_RESPONSE_COUNTS],
  ];
  const again =
    /before the first infusion: haemoglobin < 90 g\/L: haemoglobin 70 g\/L on 2024-01-05 \(baseline\) \(as at M1 erythroid\)/;
  expect(explainVignette({ counts })).toMatch(again);
  expect(explainVignette({ counts }, 'M3')).toMatch(
    /before the first infusion: haemoglobin < 90 g\/L\n +- haemoglobin 70 g\/L on 2024-01-05 \(baseline\) {2}\[Observation/,
  );
});

test('a death is named with its source', () => {
  expect(explainVignette({ death: 60 })).toMatch(
    /Died on 2024-03-15 \[Patient\/.*\]\. Visits whose window had not begun/,
  );
});
