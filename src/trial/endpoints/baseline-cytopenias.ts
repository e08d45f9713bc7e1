import { Decimal } from 'decimal.js';
import { addDays } from '../calendar-days.ts';
import type { UsableCount } from '../criteria/situation.ts';
import { compareToThreshold, deriveValueRange } from '../criteria/value-range.ts';
import { listGivenInfusions } from '../dosing/given-infusions.ts';
import type { AdverseEventFact, Analyte, Fact, LabFact } from '../facts.ts';
import type { Cytopenia, CytopeniaScale, Protocol } from '../protocol.ts';
import { indexConfounders } from '../visits/confounding.ts';
import { isBeforeFirstInfusion, selectBaseline } from '../visits/select-counts.ts';
import { listUsableCounts } from '../visits/usable-counts.ts';
import { normaliseTerm } from './adverse-event-table.ts';

/** Whether the event's term is of another major version of the scale: its grades may mean other counts. */
function isOtherScaleVersion(event: AdverseEventFact, scale: CytopeniaScale): boolean {
  if (event.system !== scale.system || event.systemVersion === null) return false;
  return event.systemVersion.split('.')[0] !== scale.version.split('.')[0];
}

/** Finds the cytopenia that the event reports, by its code on the scale or its term; undefined for any other event. */
function findCytopenia(event: AdverseEventFact, scale: CytopeniaScale): Cytopenia | undefined {
  return scale.of.find(({ codes, terms }) => {
    const coded = event.system === scale.system && event.code !== null && codes.includes(event.code);
    return coded || terms.some((term) => normaliseTerm(term) === normaliseTerm(event.term));
  });
}

/** Selects the counts from before the first infusion; none before there was one. */
function selectBaselineCounts(facts: readonly Fact[], protocol: Protocol): ReadonlyMap<Analyte, UsableCount> {
  const [first] = listGivenInfusions(facts);
  if (!first) return new Map();
  const earlier = facts.filter(
    (fact): fact is LabFact =>
      fact.kind === 'lab' && isBeforeFirstInfusion(fact.at, first.day, first.fact.at.instant),
  );
  const counts = listUsableCounts(earlier, indexConfounders(facts, protocol));
  const searched = [addDays(first.day, -protocol.baselineDays), first.day] as const;
  return selectBaseline(counts, [], searched).counts;
}

/** Derives the worst grade that the count surely has; 0 where it has no grade that a count alone can yield. */
function gradeCount(count: UsableCount, { grades }: Cytopenia): number {
  const range = deriveValueRange(count.measured, false);
  const met = grades.filter(({ below }) => compareToThreshold(range, '<', new Decimal(below)) === 'true');
  return Math.max(0, ...met.map(({ grade }) => grade));
}

/**
 * Finds the subject's adverse events that are no worse than before the first infusion: cytopenias of the protocol's
 * list whose grade is at or better than the grade of the baseline count. Patients with aplastic anaemia start at
 * grade 3 or 4; by absolute grades every one of them would have the event. Without a grade or a baseline count, or
 * where the event is graded by another version of the scale, nothing is marked. Source: domain section 5 (precedent:
 * iwCLL 2008, not evaluable for toxicity where the count was low before therapy).
 */
export function findEventsAtBaseline(
  facts: readonly Fact[],
  protocol: Protocol,
): ReadonlySet<AdverseEventFact> {
  const { cytopenias: scale } = protocol;
  const events = facts.filter((fact) => fact.kind === 'adverse-event');
  if (!scale || events.length === 0) return new Set();
  const baseline = selectBaselineCounts(facts, protocol);
  const atBaseline = events.filter((event) => {
    const cytopenia = isOtherScaleVersion(event, scale) ? undefined : findCytopenia(event, scale);
    const count = cytopenia && baseline.get(cytopenia.analyte);
    if (!cytopenia || !count || event.grade === null) return false;
    return event.grade <= gradeCount(count, cytopenia);
  });
  return new Set(atBaseline);
}
