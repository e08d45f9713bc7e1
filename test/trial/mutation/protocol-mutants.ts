import {
  createMutantMaker,
  createStepMutants,
  isJsonRecord,
  type JsonPath,
  type JsonRecord,
  type Mutant,
} from './mutants.ts';

const listObjects = (value: unknown): readonly JsonRecord[] =>
  Array.isArray(value) ? value.filter(isJsonRecord) : [];

/**
 * Creates mutants of washouts, transfusion-free days, dependence, windows, the choice of counts, baseline, doses and
 * censoring of a protocol file, each changed as little as possible.
 */
export function createProtocolMutants(json: JsonRecord): readonly Mutant[] {
  const by = createMutantMaker(json);
  const days = (path: JsonPath, value: unknown) =>
    typeof value === 'number' ? createStepMutants(by, path, value) : [];
  const { independenceDays, dependence, dosing, censoring, criteria } = json as Record<string, JsonRecord>;
  return [
    ...listObjects(json.visits).flatMap(({ target, window }, i) => [
      ...days(['visits', i, 'target'], target),
      ...(window as number[]).flatMap((day, end) => days(['visits', i, 'window', end], day)),
    ]),
    ...days(['baselineDays'], json.baselineDays),
    ...listObjects(json.washouts).flatMap((washout, i) => [
      by.replaceAt(['washouts', i], undefined, `${washout.of} left out`),
      ...days(['washouts', i, 'days'], washout.days),
      ...(washout.analytes as string[]).flatMap((analyte, n) =>
        (washout.analytes as string[]).length < 2 || analyte === 'wbc'
          ? []
          : [by.replaceAt(['washouts', i, 'analytes', n], undefined, `${washout.of}: ${analyte} left out`)],
      ),
    ]),
    ...['red-cells', 'platelets'].flatMap((of) => days(['independenceDays', of], independenceDays?.[of])),
    ...['red-cells', 'platelets'].flatMap((of) => {
      const { units, days: span } = (dependence?.[of] ?? {}) as JsonRecord;
      return [
        ...createStepMutants(by, ['dependence', of, 'units'], String(units)),
        ...days(['dependence', of, 'days'], span),
      ];
    }),
    by.replaceAt(['countSelection', 'prefer'], 'nearest-day', 'complete-day to nearest-day'),
    by.replaceAt(
      ['criteria', 'overall'],
      { ...(criteria?.overall as JsonRecord), unknown: 'bsh-saa' },
      'a default for unknown severity',
    ),
    ...['toleranceDays', 'weightDays'].flatMap((of) => days(['dosing', of], dosing?.[of])),
    ...['minPerKg', 'maxPerKg', 'tolerancePercent'].flatMap((of) =>
      createStepMutants(by, ['dosing', of], String(dosing?.[of])),
    ),
    ...days(['censoring', 'conditioningDays'], censoring?.conditioningDays),
    ...listObjects(censoring?.by).flatMap((event, i) => [
      by.replaceAt(['censoring', 'by', i], undefined, 'left out'),
      ...((event.agents ?? []) as string[]).map((agent, n) =>
        by.replaceAt(['censoring', 'by', i, 'agents', n], undefined, `${agent} left out`),
      ),
      ...(event.onlyIfNew === true
        ? [by.replaceAt(['censoring', 'by', i, 'onlyIfNew'], false, 'not only if new')]
        : []),
    ]),
    by.replaceAt(['censoring', 'laterVisits'], 'NE', 'NR to NE'),
  ];
}
