import { readdirSync, readFileSync } from 'node:fs';
import { parseCriteriaSet } from '../../src/library/formats/criteria-set-schema.ts';
import type { ParseResult } from '../../src/library/formats/parse-definition.ts';
import { parseProtocol } from '../../src/library/formats/protocol-schema.ts';
import type { PersonStatement } from '../../src/trial/adjudication/person-statement.ts';
import type { Assessment, SubjectAssessment } from '../../src/trial/assessment.ts';
import { addDays } from '../../src/trial/calendar-days.ts';
import type { CriteriaSet } from '../../src/trial/criteria/criteria-set.ts';
import type {
  Analyte,
  Comparator,
  Fact,
  LabFact,
  MeasurementMethod,
  Moment,
  Subject,
} from '../../src/trial/facts.ts';
import type { Protocol } from '../../src/trial/protocol.ts';

/** A case as a clinician writes it; days count from the first infusion. */
export interface Vignette {
  readonly name: string;
  /** The rule that the case tests, by its source. */
  readonly follows: string;
  readonly baseline?: 'SAA' | 'VSAA' | 'NSAA' | 'none';
  readonly sex?: 'male' | 'female' | 'other' | null;
  readonly birth?: string | null;
  readonly status?: Subject['status'];
  /** A criteria set for the overall response in place of the protocol's. */
  readonly set?: string;
  /** A criteria set for the lineages in place of the protocol's. */
  readonly lineageSet?: string;
  readonly today: number;
  /** Day (or `a/b` for a partial date), counts, and what is special about them. */
  readonly counts?: readonly (readonly [number | string, Readonly<Record<string, string>>, CountMarks?])[];
  readonly transfusions?: readonly (readonly [
    number | string,
    'red-cells' | 'platelets' | 'any',
    string?,
    string?,
  ])[];
  readonly drugs?: readonly (readonly [number | string, string])[];
  readonly infusions?: readonly (readonly [number, string?, string?])[];
  readonly weights?: readonly (readonly [number, string])[];
  readonly death?: number;
  /** Day (or `a/b`) of clonal evolution, and whether it is high-risk (left out: not stated). */
  readonly clonalEvolution?: readonly (readonly [number | string, boolean?])[];
  /** Day (or `a/b`) of a stem cell transplant. */
  readonly transplant?: number | string;
  /** The severity at diagnosis as each person states it. */
  readonly diagnosed?: readonly (readonly [severity: 'SAA' | 'VSAA' | 'NSAA', by: string])[];
  /** Whether the marrow meets the criterion of severe disease, as each person states it. */
  readonly marrow?: readonly (readonly [isCriterionMet: boolean, by: string])[];
  readonly expect: Readonly<Record<string, unknown>>;
}

interface CountMarks {
  readonly method?: MeasurementMethod;
  readonly status?: LabFact['status'];
  readonly time?: string;
  readonly absent?: string;
}

/** An arbitrary first day: the year has a leap day and changes of summer time. */
export const DAY_ZERO = '2024-01-15';

const BASELINE_COUNTS = {
  SAA: { anc: '0.3', hb: '70', plt: '10', ret: '20' },
  VSAA: { anc: '0.1', hb: '70', plt: '10', ret: '20' },
  NSAA: { anc: '0.8', hb: '80', plt: '30', ret: '70' },
  none: {},
} as const;

const ANALYTE_NAMES: Readonly<Record<string, Analyte>> = {
  anc: 'anc',
  hb: 'hemoglobin',
  plt: 'platelets',
  ret: 'reticulocytes',
  wbc: 'wbc',
};

const ROOT = new URL('../../', import.meta.url);

function readJsonFile(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
}

function unwrapParsed<T>(parsed: ParseResult<T>): T {
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** Reads the criteria sets of the repository. */
export function readBundledCriteria(): ReadonlyMap<string, CriteriaSet> {
  const files = readdirSync(new URL('mappings/criteria/', ROOT)).filter((file) => file.endsWith('.json'));
  const sets = files.map((file) =>
    unwrapParsed(parseCriteriaSet(readJsonFile(`mappings/criteria/${file}`), file)),
  );
  return new Map(sets.map((set) => [set.id, set]));
}

/** Reads the protocol of the repository. */
export function readBundledProtocol(): Protocol {
  return unwrapParsed(parseProtocol(readJsonFile('mappings/studies/msc-aa/protocol.json'), 'protocol.json'));
}

/** Reads every case file with its cases. */
export function readVignetteFiles(): readonly { file: string; cases: readonly Vignette[] }[] {
  const folder = new URL('test/cases/response/', ROOT);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .sort();
  return files.map((file) => ({
    file,
    cases: readJsonFile(`test/cases/response/${file}`) as readonly Vignette[],
  }));
}

function toMoment(at: number | string, time?: string): Moment {
  const [from = '0', to = from] = String(at).split('/');
  const earliestDay = addDays(DAY_ZERO, Number(from));
  const latestDay = addDays(DAY_ZERO, Number(to));
  const instant = time === undefined ? null : Date.parse(`${earliestDay}T${time}:00Z`);
  const text = earliestDay === latestDay ? earliestDay : earliestDay.slice(0, 7);
  return { text, earliestDay, latestDay, instant };
}

let factCount = 0;

function buildFactFields(at: Moment, resourceType: string) {
  factCount += 1;
  const id = `${resourceType.toLowerCase()}-${factCount}`;
  const source = { site: 'site-1', resourceType, id, version: '1', element: resourceType };
  return { key: `${resourceType}|${factCount}`, subject: 'T-1', at, sources: [source] as const };
}

function buildOriginal(value: string | null) {
  return { code: 'local', value, unit: null, conversion: null };
}

function buildLabFact(at: number | string, name: string, text: string, marks: CountMarks): LabFact {
  const [, comparator = '', value = ''] = /^(<=|>=|<|>)?(.*)$/.exec(text) ?? [];
  const analyte = ANALYTE_NAMES[name];
  if (analyte === undefined) throw new Error(`no analyte ${name}`);
  return {
    ...buildFactFields(toMoment(at, marks.time), 'Observation'),
    kind: 'lab',
    analyte,
    measured: marks.absent
      ? null
      : { value, comparator: comparator === '' ? null : (comparator as Comparator) },
    absentReason: marks.absent ?? null,
    method: marks.method ?? 'automated',
    status: marks.status ?? 'final',
    original: buildOriginal(text),
  };
}

const USUAL_INFUSIONS: NonNullable<Vignette['infusions']> = [[0], [7], [14], [21]];

function buildInfusionFact([day, dose = '1.5', status = 'completed']: readonly [
  number,
  string?,
  string?,
]): Fact {
  const per = dose.endsWith('total') ? 'total' : 'kg';
  return {
    ...buildFactFields(toMoment(day, '10:00'), 'MedicationAdministration'),
    kind: 'infusion',
    product: 'bm-msc',
    status: status as 'completed',
    dose: dose === 'none' ? null : { value: dose.replace(' total', ''), per },
    original: buildOriginal(dose),
  };
}

const IMMUNOSUPPRESSANTS: ReadonlySet<string> = new Set([
  'atg',
  'ciclosporin',
  'tacrolimus',
  'alemtuzumab',
  'cyclophosphamide',
]);

function classifyAgent(agent: string): 'growth-factor' | 'immunosuppressant' {
  return IMMUNOSUPPRESSANTS.has(agent) ? 'immunosuppressant' : 'growth-factor';
}

function buildStatement(statement: PersonStatement, by: string): Fact {
  return {
    ...buildFactFields(toMoment(-30), 'Observation'),
    kind: 'adjudication',
    statement,
    by: { name: by, identifier: null },
    statedAt: null,
    why: null,
    origin: 'person',
  };
}

const buildMarrowStatement = (isCriterionMet: boolean, by: string): Fact =>
  buildStatement({ topic: 'marrow-result', cellularity: null, isCriterionMet, clonalFinding: null }, by);

/** Builds the facts that a case states, with the usual baseline ten days before the first infusion. */
export function buildVignetteFacts(v: Vignette): readonly Fact[] {
  const baseline = BASELINE_COUNTS[v.baseline ?? 'SAA'];
  const counts = [[-10, baseline] as const, ...(v.counts ?? [])];
  const { sex = 'male', birth = '1980-05-05' } = v;
  const person: Fact = {
    ...buildFactFields(toMoment(-20000), 'Patient'),
    kind: 'person',
    sex,
    birthDate: birth,
  };
  return [
    person,
    ...counts.flatMap(([day, values, marks]) =>
      Object.entries(values).map(([name, text]) => buildLabFact(day, name, text, marks ?? {})),
    ),
    ...(v.infusions ?? USUAL_INFUSIONS).filter(([day]) => day <= v.today).map(buildInfusionFact),
    ...(v.transfusions ?? []).map(([day, component, units, time]): Fact => {
      return {
        ...buildFactFields(toMoment(day, time), 'Procedure'),
        kind: 'transfusion',
        component,
        units: units ?? null,
      };
    }),
    ...(v.drugs ?? []).map(([day, agent]): Fact => {
      return {
        ...buildFactFields(toMoment(day), 'MedicationAdministration'),
        kind: 'medication',
        agent,
        role: classifyAgent(agent),
      };
    }),
    ...(v.weights ?? []).map(([day, kilograms]): Fact => {
      return {
        ...buildFactFields(toMoment(day), 'Observation'),
        kind: 'weight',
        kilograms,
        original: buildOriginal(kilograms),
      };
    }),
    ...(v.clonalEvolution ?? []).map(([day, highRisk]): Fact => {
      const condition = {
        kind: 'condition',
        condition: 'clonal-evolution',
        active: true,
        abated: null,
      } as const;
      return {
        ...buildFactFields(toMoment(day), 'Condition'),
        ...condition,
        ...(highRisk === undefined ? {} : { highRisk }),
      };
    }),
    ...(v.diagnosed ?? []).map(([severity, by]) =>
      buildStatement({ topic: 'severity-at-diagnosis', severity }, by),
    ),
    ...(v.marrow ?? []).map(([isCriterionMet, by]) => buildMarrowStatement(isCriterionMet, by)),
    ...(v.transplant === undefined
      ? []
      : [{ ...buildFactFields(toMoment(v.transplant), 'Procedure'), kind: 'transplant' } as const]),
    ...(v.death === undefined
      ? []
      : [{ ...buildFactFields(toMoment(v.death), 'Patient'), kind: 'death' } as const]),
  ];
}

/** Builds the subject of a case. */
export function buildVignetteSubject(v: Pick<Vignette, 'status'>): Subject {
  const enrolledOn = addDays(DAY_ZERO, -14);
  return {
    study: 'msc-aa',
    subject: 'T-1',
    site: 'site-1',
    enrolledOn,
    consentedOn: enrolledOn,
    status: v.status ?? 'on-study',
  };
}

/** Formats `overall M3`, `platelet M1`, `best`, `days platelet`. */
export function formatAssessmentName(a: Assessment): string {
  if (a.kind === 'best-response') return 'best';
  return a.kind === 'time-to-lineage-response' ? `days ${a.scope}` : `${a.scope} ${a.visit}`;
}

/** Summarises an assessment in the words of a case: `PR final`, or the days. */
export function summariseAssessments(
  assessment: SubjectAssessment,
): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    assessment.assessments.map((a) => [
      formatAssessmentName(a),
      a.value.kind === 'days' ? a.value.days : `${a.value.class} ${a.status}`,
    ]),
  );
}
