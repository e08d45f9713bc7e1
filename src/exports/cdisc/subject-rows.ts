import { addDays, agesOn } from '../../trial/days.ts';
import type { Ethnicity, PersonFact, Race, Source } from '../../trial/facts.ts';
import { ethnicityOf, racesOf } from '../origin.ts';
import { wholeCourse } from '../trace/course-sources.ts';
import type { Qualifier } from './codelists.ts';
import type { Draft } from './draft.ts';
import { endText, startDay, startText } from './iso-dates.ts';
import { epochOn, factsOf, studyDay, type Timeline } from './timeline.ts';
import { plannedVisits } from './visits.ts';

const SEXES = { male: 'M', female: 'F', other: 'UNDIFFERENTIATED', unknown: 'U' } as const;

/** The sex that all statements agree on; U where none was sent or they differ. */
function sexOf(persons: readonly PersonFact[]): string {
  const said = new Set(persons.flatMap(({ sex }) => (sex === null || sex === 'unknown' ? [] : [SEXES[sex]])));
  const [only] = said;
  return said.size === 1 && only !== undefined ? only : 'U';
}

const RACE_TERMS: Readonly<Record<Race, string>> = {
  'american-indian-or-alaska-native': 'AMERICAN INDIAN OR ALASKA NATIVE',
  asian: 'ASIAN',
  'black-or-african-american': 'BLACK OR AFRICAN AMERICAN',
  'native-hawaiian-or-other-pacific-islander': 'NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER',
  white: 'WHITE',
};

const ETHNIC_TERMS: Readonly<Record<Ethnicity | 'unknown', string>> = {
  'hispanic-or-latino': 'HISPANIC OR LATINO',
  'not-hispanic-or-latino': 'NOT HISPANIC OR LATINO',
  unknown: 'UNKNOWN',
};

/** RACE, and for more than one RACE1 to RACE5 (SDTMIG 3.4, section 5.2, assumption on more than one race). */
function raceCells(persons: readonly PersonFact[]): {
  readonly RACE: string | null;
  readonly each: Partial<Readonly<Record<Qualifier, string>>>;
} {
  const races = racesOf(persons);
  if (races === null) return { RACE: null, each: {} };
  if (races === 'unknown') return { RACE: 'UNKNOWN', each: {} };
  const terms = races.map((race) => RACE_TERMS[race]);
  if (terms.length === 1) return { RACE: terms[0] ?? null, each: {} };
  return { RACE: 'MULTIPLE', each: Object.fromEntries(terms.map((term, i) => [`RACE${i + 1}`, term])) };
}

/** Whole years at the first infusion, else at consent; null where a partial birth date allows two ages. */
export function ageOf(timeline: Timeline): number | null {
  const persons = factsOf(timeline.facts, 'person');
  const born = new Set(persons.flatMap(({ birthDate }) => birthDate ?? []));
  const [only] = born;
  if (born.size !== 1 || only === undefined) return null;
  const ages = agesOn(only, timeline.dayZero ?? timeline.record.subject.consentedOn);
  return ages?.length === 1 ? (ages[0] ?? null) : null;
}

/** Code and description of the one arm. */
export function armOf(timeline: Pick<Timeline, 'head'>): { readonly code: string; readonly name: string } {
  const { product } = timeline.head.protocol.dosing;
  return { code: product.toUpperCase().slice(0, 20), name: `${product.toUpperCase()} infusions` };
}

function armCells(timeline: Timeline) {
  const { code, name } = armOf(timeline);
  const planned = { ARMCD: code, ARM: name };
  if (timeline.dayZero === null) return { ...planned, ARMNRS: 'ASSIGNED, NOT TREATED' };
  return { ...planned, ACTARMCD: code, ACTARM: name };
}

/** Demographics (DM): one record. No birth date: the age is enough. */
export function demographicDrafts(timeline: Timeline): readonly Draft[] {
  const { record, firstDose, lastDose, death } = timeline;
  const { subject, judgement } = record;
  const first = firstDose ? startText(firstDose) : null;
  const last = lastDose ? (endText(lastDose).text ?? startText(lastDose)) : null;
  const AGE = ageOf(timeline);
  const persons = factsOf(timeline.facts, 'person');
  const { RACE, each } = raceCells(persons);
  const ethnicity = ethnicityOf(persons);
  const cells = {
    SUBJID: subject.subject,
    RFSTDTC: first,
    RFENDTC: last,
    RFXSTDTC: first,
    RFXENDTC: last,
    RFICDTC: subject.consentedOn,
    RFPENDTC: death ? startText(death.at) : timeline.lastContact,
    DTHDTC: death ? startText(death.at) : null,
    DTHFL: death ? 'Y' : null,
    SITEID: subject.site,
    AGE,
    AGEU: AGE === null ? null : 'YEARS',
    SEX: sexOf(persons),
    RACE,
    ETHNIC: ethnicity && ETHNIC_TERMS[ethnicity],
    ...armCells(timeline),
    COUNTRY: record.country ?? null,
  };
  const AASEV = judgement.severity === 'unknown' ? null : judgement.severity;
  const from = wholeCourse(record, timeline.head.asOf);
  return [{ cells, at: '', from, more: { AASEV, ...each } }];
}

/** Subject elements (SE). */
export function elementDrafts(timeline: Timeline): readonly Draft[] {
  const { given, death } = timeline;
  const bounds = [...given, ...(death === null ? [] : [death])].flatMap(({ sources }) => sources);
  return timeline.elements.map(({ code, name, epoch, order, from, to }) => ({
    cells: { ETCD: code, ELEMENT: name, TAETORD: order, EPOCH: epoch, SESTDTC: from, SEENDTC: to },
    at: code,
    from: bounds,
  }));
}

interface VisitDays {
  readonly name: string;
  readonly planned: boolean;
  readonly days: readonly string[];
  readonly from: readonly Source[];
}

function daysByVisit(timeline: Timeline): ReadonlyMap<string, VisitDays> {
  const found = new Map<string, VisitDays>();
  for (const { at, sources } of [...factsOf(timeline.facts, 'lab'), ...factsOf(timeline.facts, 'weight')]) {
    const day = startDay(at);
    const visit = timeline.visits.on(day);
    if (day === null || visit === null) continue;
    const { name, planned } = visit;
    const known = found.get(visit.number) ?? { days: [], from: [] };
    const [days, from] = [
      [...known.days, day],
      [...known.from, ...sources],
    ];
    found.set(visit.number, { name, planned, days, from });
  }
  return found;
}

/** Planned visits whose window passed, while the subject was in the study, without any finding. */
function missedDrafts(timeline: Timeline, found: ReadonlyMap<string, VisitDays>): readonly Draft[] {
  const { dayZero, head, death } = timeline;
  if (dayZero === null) return [];
  const until = [head.asOf, death?.at.latestDay ?? head.asOf].sort()[0] ?? head.asOf;
  const off = timeline.record.subject.status !== 'on-study';
  const last = off && timeline.lastContact < until ? timeline.lastContact : until;
  const missed = plannedVisits(head.protocol).filter(
    ({ number, to }) => !found.has(number) && addDays(dayZero, to) < last,
  );
  return missed.map(({ number, name }) => ({
    cells: { VISITNUM: number, VISIT: name, SVPRESP: 'Y', SVOCCUR: 'N' },
    at: name,
    from: [],
  }));
}

/** Visits (SV): what took place, planned or not, and planned visits that were missed. */
export function visitDrafts(timeline: Timeline): readonly Draft[] {
  const found = daysByVisit(timeline);
  const occurred = [...found].map(([number, { name, planned, days, from }]): Draft => {
    const sorted = [...days].sort();
    const first = sorted[0] ?? null;
    const last = sorted.at(-1) ?? null;
    const when = {
      SVSTDTC: first,
      SVENDTC: last,
      SVSTDY: studyDay(timeline, first),
      SVENDY: studyDay(timeline, last),
    };
    const asked = planned ? { SVPRESP: 'Y', SVOCCUR: 'Y' } : {};
    const cells = { VISITNUM: number, VISIT: name, ...asked, EPOCH: epochOn(timeline, first), ...when };
    return { cells, at: planned ? name : `UNSCHEDULED ${first}`, from };
  });
  return [...occurred, ...missedDrafts(timeline, found)];
}
