import { Decimal } from 'decimal.js';
import type { Count } from '../criteria/picture.ts';
import { compare, rangeOf } from '../criteria/range.ts';
import { addDays } from '../days.ts';
import { givenInfusions } from '../dosing/given.ts';
import type { AdverseEventFact, Analyte, Fact } from '../facts.ts';
import type { Cytopenia, CytopeniaScale, Protocol } from '../protocol.ts';
import { confoundersIn } from '../visits/confounding.ts';
import { countsOf } from '../visits/counts.ts';
import { baselinePicture, isBefore } from '../visits/pictures.ts';

const plain = (term: string): string => term.trim().toLowerCase();

/** Whether the event's term is of another major version of the scale: its grades may mean other counts. */
function isOtherVersion(event: AdverseEventFact, scale: CytopeniaScale): boolean {
  if (event.system !== scale.system || event.systemVersion === null) return false;
  return event.systemVersion.split('.')[0] !== scale.version.split('.')[0];
}

/** The cytopenia that the event is, by its code on the scale or its term; undefined where it is none. */
function cytopeniaOf(event: AdverseEventFact, scale: CytopeniaScale): Cytopenia | undefined {
  return scale.of.find(({ codes, terms }) => {
    const coded = event.system === scale.system && event.code !== null && codes.includes(event.code);
    return coded || terms.some((term) => plain(term) === plain(event.term));
  });
}

/** The counts from before the first infusion; none before there was one. */
function baselineCounts(facts: readonly Fact[], protocol: Protocol): ReadonlyMap<Analyte, Count> {
  const [first] = givenInfusions(facts);
  if (!first) return new Map();
  const earlier = facts.filter(
    (fact) => fact.kind === 'lab' && isBefore(fact, first.day, first.fact.at.instant),
  );
  const counts = countsOf(earlier, confoundersIn(facts, protocol));
  const searched = [addDays(first.day, -protocol.baselineDays), first.day] as const;
  return baselinePicture(counts, [], searched).counts;
}

/** The worst grade that the count surely has; 0 where it has none of those that a count alone can give. */
function gradeOf(count: Count, { grades }: Cytopenia): number {
  const range = rangeOf(count.measured, false);
  const met = grades.filter(({ below }) => compare(range, '<', new Decimal(below)) === 'true');
  return Math.max(0, ...met.map(({ grade }) => grade));
}

/**
 * The subject's adverse events that are no worse than he was before the first infusion: cytopenias of the protocol's list
 * whose grade is at or better than the grade of the baseline count. Patients with aplastic anaemia start at grade 3 or 4;
 * taken absolutely, every one of them would have had the event. Without a grade or a baseline count, or where the event is
 * graded by another version of the scale, nothing is marked. Source: domain section 5 (precedent: iwCLL 2008, not
 * evaluable for toxicity where the count was low before therapy).
 */
export function eventsAtBaseline(facts: readonly Fact[], protocol: Protocol): ReadonlySet<AdverseEventFact> {
  const { cytopenias: scale } = protocol;
  const events = facts.filter((fact) => fact.kind === 'adverse-event');
  if (!scale || events.length === 0) return new Set();
  const baseline = baselineCounts(facts, protocol);
  const atBaseline = events.filter((event) => {
    const cytopenia = isOtherVersion(event, scale) ? undefined : cytopeniaOf(event, scale);
    const count = cytopenia && baseline.get(cytopenia.analyte);
    if (!cytopenia || !count || event.grade === null) return false;
    return event.grade <= gradeOf(count, cytopenia);
  });
  return new Set(atBaseline);
}
