import { join } from 'node:path';
import type { StudyInput, SubjectRecord } from '../../../src/exports/export-format.ts';
import { readLibrary } from '../../../src/library.ts';
import type { Assessment, ResponseClass, SubjectAssessment } from '../../../src/trial/assessment.ts';
import { reportOnSubjects } from '../../../src/trial/endpoints/study-report.ts';
import type {
  AdverseEventFact,
  Fact,
  Moment,
  PersonFact,
  Source,
  Subject,
} from '../../../src/trial/facts.ts';
import type { Protocol } from '../../../src/trial/protocol.ts';
import { COMPLETE_REGISTRY } from './complete-registry.ts';

/** Six invented subjects, one for each way through the study, small enough to count by hand. */
export const SIX_SUBJECTS_AS_OF = '2026-01-01';
const SIX_SUBJECTS_DAY_ZERO = '2024-01-01';

const mappingsDir = join(import.meta.dirname, '../../../mappings');

function requireProtocol(): Protocol {
  const library = readLibrary({ mappingsDir, studiesDir: join(mappingsDir, 'studies') });
  const protocol = library.protocols.get('msc-aa');
  if (!protocol) throw new Error('the study has no protocol');
  return protocol;
}

export const SIX_SUBJECTS_PROTOCOL = requireProtocol();

const toDayMoment = (day: string): Moment => ({ text: day, earliestDay: day, latestDay: day, instant: null });

const buildSource = (resourceType: string, id: string): Source => ({
  site: 'site-1',
  resourceType,
  id,
  version: '2',
  element: resourceType,
});

function buildFactFields(subject: string, day: string, resourceType: string) {
  const id = `${subject.toLowerCase()}-${resourceType.toLowerCase()}-${day}`;
  return {
    key: `${subject}|${id}`,
    subject,
    at: toDayMoment(day),
    sources: [buildSource(resourceType, id)] as const,
  };
}

type RaceAndEthnicity = Pick<PersonFact, 'races' | 'ethnicity'>;

const buildPersonFact = (
  subject: string,
  sex: 'male' | 'female' | null,
  birthDate: string | null,
  origin: RaceAndEthnicity = {},
): PersonFact => ({
  kind: 'person',
  ...buildFactFields(subject, '2023-12-01', 'Patient'),
  sex,
  birthDate,
  ...origin,
});

const buildWeightFact = (subject: string, day: string): Fact => ({
  kind: 'weight',
  ...buildFactFields(subject, day, 'Observation'),
  kilograms: '70',
  original: { code: '29463-7', value: '70', unit: 'kg', conversion: null },
});

const buildInfusionFact = (subject: string): Fact => ({
  kind: 'infusion',
  ...buildFactFields(subject, SIX_SUBJECTS_DAY_ZERO, 'Procedure'),
  product: 'bm-msc',
  status: 'completed',
  dose: { value: '1.5', per: 'kg' },
  original: { code: 'x', value: '1.5', unit: '10*6/kg', conversion: null },
});

const buildDeathFact = (subject: string, day: string): Fact => ({
  kind: 'death',
  ...buildFactFields(subject, day, 'Observation'),
});

export const buildHarmFact = (
  subject: string,
  term: string,
  serious: boolean | null,
  day: string,
): AdverseEventFact => ({
  kind: 'adverse-event',
  ...buildFactFields(subject, day, 'AdverseEvent'),
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

function buildAssessment(
  subject: string,
  value: Assessment['value'],
  scope: Assessment['scope'],
): Assessment {
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
    evidence: [buildSource('Observation', `${subject.toLowerCase()}-count`)],
    supporting: [],
  };
}

interface RecordPlan {
  readonly status?: Subject['status'];
  readonly best?: ResponseClass;
  readonly neutrophilDays?: number;
  readonly severity?: SubjectAssessment['severity'];
  readonly facts: readonly Fact[];
  readonly infused?: boolean;
  readonly country?: string;
}

function buildRecord(subject: string, plan: RecordPlan): SubjectRecord {
  const isInfused = plan.infused ?? true;
  const best = plan.best ? [buildAssessment(subject, { kind: 'class', class: plan.best }, 'overall')] : [];
  const time = plan.neutrophilDays
    ? [buildAssessment(subject, { kind: 'days', days: plan.neutrophilDays }, 'neutrophil')]
    : [];
  const day = { enrolledOn: SIX_SUBJECTS_DAY_ZERO, consentedOn: SIX_SUBJECTS_DAY_ZERO };
  return {
    subject: { study: 'msc-aa', subject, site: 'site-1', ...day, status: plan.status ?? 'on-study' },
    ...(plan.country ? { country: plan.country } : {}),
    facts: isInfused ? [buildInfusionFact(subject), ...plan.facts] : plan.facts,
    judgement: {
      dayZero: isInfused ? SIX_SUBJECTS_DAY_ZERO : null,
      severity: plan.severity ?? 'SAA',
      severityTrace: [],
      assessments: [...best, ...time],
      deviations: [],
      proposals: [],
    },
  };
}

/** S1 completed; S2 died after the last visit; S3 died before; S4 withdrew; S5 was lost; S6 was never infused. */
export const SIX_SUBJECTS: readonly SubjectRecord[] = [
  buildRecord('S1', {
    country: 'CHN',
    best: 'CR',
    neutrophilDays: 20,
    severity: 'VSAA',
    facts: [
      buildPersonFact('S1', 'female', '1980-06-30', {
        races: ['asian'],
        ethnicity: 'not-hispanic-or-latino',
      }),
      buildWeightFact('S1', '2025-06-01'),
      buildHarmFact('S1', 'Fever', false, '2024-01-03'),
      buildHarmFact('S1', 'fever', false, '2024-01-09'),
    ],
  }),
  buildRecord('S2', {
    country: 'HKG',
    best: 'PR',
    neutrophilDays: 31,
    facts: [
      buildPersonFact('S2', 'male', '1990-01-01', { races: ['asian', 'white'], ethnicity: 'unknown' }),
      buildWeightFact('S2', '2024-12-20'),
      buildHarmFact('S2', 'Fever', true, '2024-02-01'),
      buildDeathFact('S2', '2025-03-01'),
    ],
  }),
  buildRecord('S3', {
    country: 'CHN',
    best: 'NR',
    facts: [
      buildPersonFact('S3', 'male', '2000-12-31', { races: [] }),
      buildHarmFact('S3', 'Sepsis', true, '2024-03-01'),
      buildDeathFact('S3', '2024-04-10'),
    ],
  }),
  buildRecord('S4', {
    country: 'CHN',
    best: 'NR',
    status: 'withdrawn',
    facts: [buildPersonFact('S4', 'female', '1999')],
  }),
  buildRecord('S5', {
    facts: [buildPersonFact('S5', null, null), buildHarmFact('S5', 'Rash', false, '2024-01-05')],
  }),
  buildRecord('S6', {
    infused: false,
    severity: 'unknown',
    facts: [buildPersonFact('S6', 'male', '1984-01-01')],
  }),
];

/** A study of these records, complete and confirmed unless changed. */
export function buildSixSubjectStudy(change: Partial<StudyInput> = {}, records = SIX_SUBJECTS): StudyInput {
  return {
    protocol: SIX_SUBJECTS_PROTOCOL,
    registry: COMPLETE_REGISTRY,
    report: reportOnSubjects({
      protocol: SIX_SUBJECTS_PROTOCOL,
      subjects: records,
      today: SIX_SUBJECTS_AS_OF,
    }),
    asOf: SIX_SUBJECTS_AS_OF,
    versions: { software: 'test', protocol: '1', criteria: {} },
    mapping: 'm',
    draft: false,
    async *readSubjects() {
      yield* records;
    },
    ...change,
  };
}

/** The files that a format writes, by name. */
export async function collectFormatFiles(
  format: { write(input: StudyInput): AsyncIterable<{ file: string; content: string | Uint8Array }> },
  input: StudyInput,
): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  for await (const { file, content } of format.write(input))
    files[file] = (files[file] ?? '') + String(content);
  return files;
}
