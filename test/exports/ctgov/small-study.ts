import { join } from 'node:path';
import type { StudyInput, SubjectRecord } from '../../../src/exports/format.ts';
import { readLibrary } from '../../../src/library.ts';
import type { Assessment, Judgement, ResponseClass } from '../../../src/trial/assessment.ts';
import { studyReport } from '../../../src/trial/endpoints/report.ts';
import type {
  AdverseEventFact,
  Fact,
  Moment,
  PersonFact,
  Source,
  Subject,
} from '../../../src/trial/facts.ts';
import type { Protocol } from '../../../src/trial/protocol.ts';
import { REGISTRY } from './registry.ts';

/** Six invented subjects, one for each way through the study, small enough to count by hand. */
export const AS_OF = '2026-01-01';
const DAY_ZERO = '2024-01-01';

const mappingsDir = join(import.meta.dirname, '../../../mappings');

function msc(): Protocol {
  const library = readLibrary({ mappingsDir, studiesDir: join(mappingsDir, 'studies') });
  const protocol = library.protocols.get('msc-aa');
  if (!protocol) throw new Error('the study has no protocol');
  return protocol;
}

export const protocol = msc();

const on = (day: string): Moment => ({ text: day, earliestDay: day, latestDay: day, instant: null });

const source = (resourceType: string, id: string): Source => ({
  site: 'site-1',
  resourceType,
  id,
  version: '2',
  element: resourceType,
});

function base(subject: string, day: string, resourceType: string) {
  const id = `${subject.toLowerCase()}-${resourceType.toLowerCase()}-${day}`;
  return { key: `${subject}|${id}`, subject, at: on(day), sources: [source(resourceType, id)] as const };
}

type Origin = Pick<PersonFact, 'races' | 'ethnicity'>;

const person = (
  subject: string,
  sex: 'male' | 'female' | null,
  birthDate: string | null,
  origin: Origin = {},
): PersonFact => ({
  kind: 'person',
  ...base(subject, '2023-12-01', 'Patient'),
  sex,
  birthDate,
  ...origin,
});

const weight = (subject: string, day: string): Fact => ({
  kind: 'weight',
  ...base(subject, day, 'Observation'),
  kilograms: '70',
  original: { code: '29463-7', value: '70', unit: 'kg', conversion: null },
});

const infusion = (subject: string): Fact => ({
  kind: 'infusion',
  ...base(subject, DAY_ZERO, 'Procedure'),
  product: 'bm-msc',
  status: 'completed',
  dose: { value: '1.5', per: 'kg' },
  original: { code: 'x', value: '1.5', unit: '10*6/kg', conversion: null },
});

const death = (subject: string, day: string): Fact => ({
  kind: 'death',
  ...base(subject, day, 'Observation'),
});

export const harm = (
  subject: string,
  term: string,
  serious: boolean | null,
  day: string,
): AdverseEventFact => ({
  kind: 'adverse-event',
  ...base(subject, day, 'AdverseEvent'),
  term,
  code: 'coded',
  system: 'http://codes.example',
  systemVersion: null,
  grade: null,
  severity: null,
  serious,
  outcome: null,
  resolved: null,
});

function assessed(subject: string, value: Assessment['value'], scope: Assessment['scope']): Assessment {
  return {
    study: 'msc-aa',
    subject,
    visit: 'all',
    scope,
    kind: value.kind === 'days' ? 'time-to-lineage-response' : 'best-response',
    criteria: { id: 'bsh-saa', version: '1' },
    value,
    status: 'final',
    effective: '2024-02-01',
    reasons: [],
    trace: [],
    evidence: [source('Observation', `${subject.toLowerCase()}-count`)],
    supporting: [],
  };
}

interface Plan {
  readonly status?: Subject['status'];
  readonly best?: ResponseClass;
  readonly neutrophilDays?: number;
  readonly severity?: Judgement['severity'];
  readonly facts: readonly Fact[];
  readonly infused?: boolean;
  readonly country?: string;
}

function record(subject: string, plan: Plan): SubjectRecord {
  const isInfused = plan.infused ?? true;
  const best = plan.best ? [assessed(subject, { kind: 'class', class: plan.best }, 'overall')] : [];
  const time = plan.neutrophilDays
    ? [assessed(subject, { kind: 'days', days: plan.neutrophilDays }, 'neutrophil')]
    : [];
  const day = { enrolledOn: DAY_ZERO, consentedOn: DAY_ZERO };
  return {
    subject: { study: 'msc-aa', subject, site: 'site-1', ...day, status: plan.status ?? 'on-study' },
    ...(plan.country ? { country: plan.country } : {}),
    facts: isInfused ? [infusion(subject), ...plan.facts] : plan.facts,
    judgement: {
      dayZero: isInfused ? DAY_ZERO : null,
      severity: plan.severity ?? 'SAA',
      severityTrace: [],
      assessments: [...best, ...time],
      deviations: [],
      proposals: [],
    },
  };
}

/** S1 completed; S2 died after the last visit; S3 died before; S4 withdrew; S5 was lost; S6 was never infused. */
export const RECORDS: readonly SubjectRecord[] = [
  record('S1', {
    country: 'CHN',
    best: 'CR',
    neutrophilDays: 20,
    severity: 'VSAA',
    facts: [
      person('S1', 'female', '1980-06-30', { races: ['asian'], ethnicity: 'not-hispanic-or-latino' }),
      weight('S1', '2025-06-01'),
      harm('S1', 'Fever', false, '2024-01-03'),
      harm('S1', 'fever', false, '2024-01-09'),
    ],
  }),
  record('S2', {
    country: 'HKG',
    best: 'PR',
    neutrophilDays: 31,
    facts: [
      person('S2', 'male', '1990-01-01', { races: ['asian', 'white'], ethnicity: 'unknown' }),
      weight('S2', '2024-12-20'),
      harm('S2', 'Fever', true, '2024-02-01'),
      death('S2', '2025-03-01'),
    ],
  }),
  record('S3', {
    country: 'CHN',
    best: 'NR',
    facts: [
      person('S3', 'male', '2000-12-31', { races: [] }),
      harm('S3', 'Sepsis', true, '2024-03-01'),
      death('S3', '2024-04-10'),
    ],
  }),
  record('S4', { country: 'CHN', best: 'NR', status: 'withdrawn', facts: [person('S4', 'female', '1999')] }),
  record('S5', { facts: [person('S5', null, null), harm('S5', 'Rash', false, '2024-01-05')] }),
  record('S6', { infused: false, severity: 'unknown', facts: [person('S6', 'male', '1984-01-01')] }),
];

/** A study of these records, complete and confirmed unless changed. */
export function studyInput(change: Partial<StudyInput> = {}, records = RECORDS): StudyInput {
  return {
    protocol,
    registry: REGISTRY,
    report: studyReport({ protocol, subjects: records, today: AS_OF }),
    asOf: AS_OF,
    versions: { software: 'test', protocol: '1', criteria: {} },
    mapping: 'm',
    draft: false,
    async *subjects() {
      yield* records;
    },
    ...change,
  };
}

/** The files that a format writes, by name. */
export async function filesOf(
  format: { write(input: StudyInput): AsyncIterable<{ file: string; content: string | Uint8Array }> },
  input: StudyInput,
): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  for await (const { file, content } of format.write(input))
    files[file] = (files[file] ?? '') + String(content);
  return files;
}
