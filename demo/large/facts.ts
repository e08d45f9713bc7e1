import type { Analyte, Fact, Moment, Source, Subject } from '../../src/trial/facts.ts';
import { addCalendarDays } from '../cohort/calendar.ts';
import { createRandom, type Random } from '../cohort/seeded-random.ts';

/** One subject of a large invented study: about forty facts; one subject in three responds. */
interface LargeSubject {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
}

const SITES = ['site-1', 'site-2', 'site-3', 'site-4', 'site-5', 'site-6', 'site-7'] as const;
const BASELINE_VALUES: Readonly<Record<Analyte, string>> = {
  wbc: '1.9',
  anc: '0.31',
  hemoglobin: '68',
  platelets: '9',
  reticulocytes: '14',
};
const RESPONSE_VALUES: Readonly<Record<Analyte, string>> = {
  wbc: '3.4',
  anc: '1.12',
  hemoglobin: '96',
  platelets: '45',
  reticulocytes: '75',
};
const COUNT_DAYS = [-7, 15, 30, 91, 182, 365];
const INFUSION_DAYS = [0, 7, 14, 21];

/** The input of a subject's facts; `dayZero` is the day of the first infusion. */
interface FactSubject {
  readonly subject: string;
  readonly site: string;
  readonly dayZero: string;
}

const toDayMoment = (text: string): Moment => ({ text, earliestDay: text, latestDay: text, instant: null });

/** Builds the fields that every fact has. `sourcePath` is a resource type and a name, such as `Observation/anc`. */
function buildFactFields(
  { subject, site, dayZero }: FactSubject,
  sourcePath: string,
  ordinal: number,
  day: number,
) {
  const [resourceType, name = ''] = sourcePath.split('/');
  const id = `${subject}-${name}-${ordinal}`;
  const source: Source = { site, resourceType: resourceType ?? '', id, version: '1', element: sourcePath };
  const at = toDayMoment(addCalendarDays(dayZero, day));
  return { key: `${name}|${at.text}|${ordinal}`, subject, at, sources: [source] as const };
}

const buildOriginal = (code: string, value: string | null, unit: string | null) => ({
  code,
  value,
  unit,
  conversion: null,
});

function buildCounts(chart: FactSubject, isResponder: boolean): readonly Fact[] {
  return COUNT_DAYS.flatMap((day, visit) =>
    Object.entries(day > 0 && isResponder ? RESPONSE_VALUES : BASELINE_VALUES).map(([name, value]): Fact => {
      const analyte = name as Analyte;
      const unit = analyte === 'hemoglobin' ? 'g/L' : '10*9/L';
      const fields = buildFactFields(chart, `Observation/${analyte}`, visit, day);
      const measured = { value, comparator: null };
      const result = { analyte, measured, absentReason: null, method: 'automated', status: 'final' } as const;
      return { kind: 'lab', ...fields, ...result, original: buildOriginal(analyte, value, unit) };
    }),
  );
}

function buildInfusions(chart: FactSubject): readonly Fact[] {
  return INFUSION_DAYS.map((day, index): Fact => {
    const fields = buildFactFields(chart, 'MedicationAdministration/msc', index, day);
    const dose = { value: '1.5', per: 'kg' } as const;
    const given = { product: 'bm-msc', status: 'completed', dose } as const;
    return { kind: 'infusion', ...fields, ...given, original: buildOriginal('msc', '1.5', '10*6/kg') };
  });
}

function buildAdverseEvents(chart: FactSubject, random: Random): readonly Fact[] {
  return ['Headache', 'Fever'].flatMap((term): readonly Fact[] => {
    if (!random.chance(0.1)) return [];
    const fields = buildFactFields(chart, `AdverseEvent/${term}`, 1, random.integer(0, 21));
    const graded = {
      grade: 1,
      severity: 'mild',
      serious: false,
      outcome: 'resolved',
      resolved: null,
    } as const;
    return [
      { kind: 'adverse-event', ...fields, term, code: null, system: null, systemVersion: null, ...graded },
    ];
  });
}

function buildPersonFacts(chart: FactSubject, random: Random): readonly Fact[] {
  const birthDate = `${random.integer(1950, 1994)}-03-15`;
  const sex = random.chance(0.5) ? 'male' : 'female';
  const fields = { ...buildFactFields(chart, 'Patient/person', 1, 0), at: toDayMoment(birthDate) };
  const facts: Fact[] = [{ kind: 'person', ...fields, sex, birthDate }];
  if (random.chance(0.12))
    facts.push({ kind: 'death', ...buildFactFields(chart, 'Patient/death', 1, random.integer(400, 900)) });
  return facts;
}

function buildTreatments(chart: FactSubject, random: Random): readonly Fact[] {
  const redCells: Fact = {
    kind: 'transfusion',
    ...buildFactFields(chart, 'Procedure/red-cells', 1, -20),
    component: 'red-cells',
    units: '2',
  };
  const role = 'immunosuppressant' as const;
  const atg: Fact = {
    kind: 'medication',
    ...buildFactFields(chart, 'Procedure/atg', 1, -200),
    agent: 'atg',
    role,
  };
  return random.chance(0.4) ? [redCells, atg] : [redCells];
}

/** Creates the subject with this number. The same number yields the same facts. */
export function createLargeSubject(number: number): LargeSubject {
  const random = createRandom(number, 'large');
  const subject = `LARGE-${String(number).padStart(6, '0')}`;
  const site = random.pick(SITES);
  const dayZero = addCalendarDays('2015-01-05', random.integer(0, 1500));
  const chart = { subject, site, dayZero };
  const enrolledOn = addCalendarDays(dayZero, -28);
  return {
    subject: { study: 'msc-aa', subject, site, enrolledOn, consentedOn: enrolledOn, status: 'on-study' },
    facts: [
      ...buildPersonFacts(chart, random),
      ...buildTreatments(chart, random),
      ...buildInfusions(chart),
      ...buildCounts(chart, random.chance(0.33)),
      ...buildAdverseEvents(chart, random),
    ],
  };
}
