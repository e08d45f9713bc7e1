import { LosslessNumber } from 'lossless-json';
import { stringifyJson } from '../../fhir/lossless-json.ts';
import { formatBenchPatient } from './bench-subjects.ts';
import { createSeededNumbers, drawUuid } from './seeded-numbers.ts';

/**
 * The resources that `bench` sends: blood counts, deterministic, in the two forms in which hospitals send them. Numbers
 * keep the digits of the laboratory (`4.50`).
 */
interface BenchAnalyte {
  readonly loinc: string;
  readonly local: string;
  readonly display: string;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
  readonly digits: number;
}

/** The five counts that the trial assesses, and three that it does not need. */
const ANALYTES: readonly [BenchAnalyte, ...BenchAnalyte[]] = [
  { loinc: '6690-2', local: 'WBC', display: 'Leukocytes', unit: '10*9/L', low: 4, high: 10, digits: 2 },
  { loinc: '751-8', local: 'NEUT', display: 'Neutrophils', unit: '10*9/L', low: 2, high: 7, digits: 2 },
  { loinc: '718-7', local: 'HGB', display: 'Hemoglobin', unit: 'g/L', low: 120, high: 160, digits: 0 },
  { loinc: '777-3', local: 'PLT', display: 'Platelets', unit: '10*9/L', low: 150, high: 400, digits: 0 },
  { loinc: '60474-4', local: 'RET', display: 'Reticulocytes', unit: '10*9/L', low: 20, high: 100, digits: 1 },
  { loinc: '789-8', local: 'RBC', display: 'Erythrocytes', unit: '10*12/L', low: 4, high: 6, digits: 2 },
  { loinc: '4544-3', local: 'HCT', display: 'Hematocrit', unit: '%', low: 36, high: 48, digits: 1 },
  { loinc: '787-2', local: 'MCV', display: 'Mean red cell volume', unit: 'fL', low: 80, high: 98, digits: 1 },
];

const UCUM = 'http://unitsofmeasure.org';
const LABORATORY = 'https://laboratory.bench.example';
const HL7 = 'http://terminology.hl7.org/CodeSystem';
const FIRST_DRAW = Date.UTC(2020, 0, 1);
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** Collections are spread over this many days; what does not fit follows later on the same days. */
const DAYS = 400;
const MINUTES_BETWEEN_DRAWS = 45;
/** Has no divisor in common with DAYS, so that a few results are spread over the days as many are. */
const DAY_STEP = 37;
/** Of ten resources in a row, one is a panel. */
const RESOURCES_PER_PANEL = 10;

const formatInstant = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');

/** The collection of a subject's resource by its number: each is at a time of its own, so that no two contradict. */
const computeDrawTime = (turn: number): number =>
  FIRST_DRAW + ((turn * DAY_STEP) % DAYS) * DAY + Math.floor(turn / DAYS) * MINUTES_BETWEEN_DRAWS * MINUTE;

const buildQuantity = ({ unit, low, high, digits }: BenchAnalyte, share: number): object => ({
  value: new LosslessNumber((low + (high - low) * share).toFixed(digits)),
  unit,
  system: UCUM,
  code: unit,
});

const buildHeader = (id: string, subject: number, time: number): object => ({
  resourceType: 'Observation',
  id,
  meta: { versionId: '1', lastUpdated: formatInstant(time + 180 * MINUTE) },
  identifier: [{ system: `${LABORATORY}/results`, value: id.slice(0, 18) }],
  status: 'final',
  category: [{ coding: [{ system: `${HL7}/observation-category`, code: 'laboratory' }] }],
  subject: { reference: `Patient/${formatBenchPatient(subject)}` },
  effectiveDateTime: formatInstant(time),
  issued: formatInstant(time + 120 * MINUTE),
  performer: [{ reference: 'Organization/laboratory', display: 'Central laboratory' }],
});

const buildSingle = (analyte: BenchAnalyte, draw: () => number): object => ({
  code: {
    coding: [
      {
        system: 'http://loinc.org',
        code: analyte.loinc,
        display: `${analyte.display} in Blood by Automated count`,
      },
      { system: `${LABORATORY}/codes`, code: analyte.local, display: analyte.display },
    ],
  },
  valueQuantity: buildQuantity(analyte, draw()),
  interpretation: [{ coding: [{ system: `${HL7}/v3-ObservationInterpretation`, code: 'N' }] }],
  referenceRange: [{ low: buildQuantity(analyte, 0), high: buildQuantity(analyte, 1) }],
});

const buildPanel = (draw: () => number): object => ({
  code: {
    coding: [
      { system: 'http://loinc.org', code: '58410-2', display: 'CBC panel - Blood by Automated count' },
      { system: `${LABORATORY}/codes`, code: 'CBC', display: 'Blood count' },
    ],
  },
  component: ANALYTES.map((analyte) => ({
    code: { coding: [{ system: 'http://loinc.org', code: analyte.loinc }] },
    valueQuantity: buildQuantity(analyte, draw()),
  })),
});

/**
 * One form, or both as they come: nine single results, then a panel of eight. `assessed`: single results of those counts
 * that the trial assesses, each of which makes an assessment due.
 */
export type BloodCountForm = 'single' | 'panel' | 'both' | 'assessed';

const ASSESSED_ANALYTES = 5;

const isPanel = (form: BloodCountForm, number: number): boolean =>
  form === 'both' ? number % RESOURCES_PER_PANEL === 0 : form === 'panel';

/** What is drawn. */
interface BloodCountPlan {
  readonly seed: number;
  /** Numbers of the subjects, who get a resource in turn. */
  readonly subjects: readonly number[];
  /** The first resource of each subject; higher where earlier ones are stored already. */
  readonly firstTurn?: number;
  readonly form?: BloodCountForm;
}

/** Yields Observations with random ids, without end, each as one line of JSON without a line feed. */
export function* drawBloodCounts({
  seed,
  subjects,
  firstTurn = 0,
  form = 'both',
}: BloodCountPlan): Generator<string> {
  const draw = createSeededNumbers(seed);
  const analytes = form === 'assessed' ? ASSESSED_ANALYTES : ANALYTES.length;
  for (let turn = firstTurn; ; turn++) {
    for (const subject of subjects) {
      const header = buildHeader(drawUuid(draw), subject, computeDrawTime(turn));
      const analyte = ANALYTES[(subject + turn) % analytes] ?? ANALYTES[0];
      const content = isPanel(form, subject + turn) ? buildPanel(draw) : buildSingle(analyte, draw);
      yield stringifyJson({ ...header, ...content });
    }
  }
}
