import { changing, isObject, type Json, type Mutant, type Path, stepsOf } from './change.ts';

const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Washouts, transfusion-free days, windows, baseline, doses and censoring of a protocol file, each changed as little as can be. */
export function protocolMutants(json: Json): readonly Mutant[] {
  const by = changing(json);
  const days = (path: Path, value: unknown) => (typeof value === 'number' ? stepsOf(by, path, value) : []);
  const { independenceDays, dosing, censoring } = json as Record<string, Json>;
  return [
    ...objects(json.visits).flatMap(({ target, window }, i) => [
      ...days(['visits', i, 'target'], target),
      ...(window as number[]).flatMap((day, end) => days(['visits', i, 'window', end], day)),
    ]),
    ...days(['baselineDays'], json.baselineDays),
    ...objects(json.washouts).flatMap((washout, i) => [
      by.set(['washouts', i], undefined, `${washout.of} left out`),
      ...days(['washouts', i, 'days'], washout.days),
      ...(washout.analytes as string[]).flatMap((analyte, n) =>
        (washout.analytes as string[]).length < 2 || analyte === 'wbc'
          ? []
          : [by.set(['washouts', i, 'analytes', n], undefined, `${washout.of}: ${analyte} left out`)],
      ),
    ]),
    ...['red-cells', 'platelets'].flatMap((of) => days(['independenceDays', of], independenceDays?.[of])),
    ...['toleranceDays', 'weightDays'].flatMap((of) => days(['dosing', of], dosing?.[of])),
    ...['minPerKg', 'maxPerKg', 'tolerancePercent'].flatMap((of) =>
      stepsOf(by, ['dosing', of], String(dosing?.[of])),
    ),
    ...days(['censoring', 'conditioningDays'], censoring?.conditioningDays),
    ...objects(censoring?.by).flatMap((event, i) => [
      by.set(['censoring', 'by', i], undefined, 'left out'),
      ...((event.agents ?? []) as string[]).map((agent, n) =>
        by.set(['censoring', 'by', i, 'agents', n], undefined, `${agent} left out`),
      ),
      ...(event.onlyIfNew === true
        ? [by.set(['censoring', 'by', i, 'onlyIfNew'], false, 'not only if new')]
        : []),
    ]),
    by.set(['censoring', 'laterVisits'], 'NE', 'NR to NE'),
  ];
}
