import { join } from 'node:path';
import type { FileChunk, StudyInput, SubjectRecord } from '../../src/exports/export-format.ts';
import { readLibrary } from '../../src/library.ts';
import { assessSubject } from '../../src/trial/assess-subject.ts';
import { reportOnSubjects } from '../../src/trial/endpoints/study-report.ts';
import type { Fact, LabFact, Moment, Subject } from '../../src/trial/facts.ts';

const mappingsDir = join(import.meta.dirname, '../../mappings');
const library = readLibrary({ mappingsDir, studiesDir: join(mappingsDir, 'studies') });

export const VARIED_AS_OF = '2021-06-01';

/** A moment in the precision of its text; `siteDay` where the site's day is another than the text's. */
export function parseTestMoment(text: string, siteDay?: string): Moment {
  const [start = '', end] = text.split('/');
  const first = (start.length < 10 ? `${start}-01-01` : start).slice(0, 10);
  const months: Record<number, string> = { 4: '-12-31', 7: '-28' };
  const last = end?.slice(0, 10) ?? (start.length < 10 ? `${start}${months[start.length]}` : first);
  const instant = start.length > 10 ? Date.parse(start) : null;
  return { text, earliestDay: siteDay ?? first, latestDay: siteDay ?? last, instant };
}

const SOURCE = {
  site: 'site-1',
  resourceType: 'Observation',
  id: 'x',
  version: '1',
  element: 'Observation',
} as const;

/** Fields that all facts of these tests share. */
export function buildSourcedFields(subject: string, key: string, when: Moment) {
  return { key, subject, at: when, sources: [SOURCE] as const };
}

type SentMeasurement = readonly [value: string, unit: string, converted: string, comparator?: '<'];

/** A laboratory result as sent and as converted. */
export function buildVariedLab(
  subject: string,
  analyte: LabFact['analyte'],
  when: Moment,
  sent: SentMeasurement,
): LabFact {
  const [value, unit, converted, comparator = null] = sent;
  return {
    kind: 'lab',
    ...buildSourcedFields(subject, `lab|${analyte}|${when.text}`, when),
    analyte,
    measured: { value: converted, comparator },
    absentReason: null,
    method: 'automated',
    status: 'final',
    original: { code: 'c', value, unit, conversion: null },
  };
}

function buildInfusionFact(subject: string, day: string): Fact {
  const facts = buildSourcedFields(subject, `infusion|${day}`, parseTestMoment(`${day}T10:00:00+08:00`));
  const original = { code: 'c', value: '1.50', unit: '10*6/kg', conversion: null };
  return {
    kind: 'infusion',
    ...facts,
    product: 'bm-msc',
    status: 'completed',
    dose: { value: '1.50', per: 'kg' },
    original,
  };
}

function buildEventFact(subject: string, term: string, day: string, resolved: string | null): Fact {
  return {
    kind: 'adverse-event',
    ...buildSourcedFields(subject, `adverse-event|${term}`, parseTestMoment(day)),
    term,
    code: '10037660',
    system: 'https://www.meddra.org',
    systemVersion: null,
    grade: null,
    severity: 'mild',
    serious: false,
    outcome: 'resolved',
    resolved: resolved === null ? null : parseTestMoment(resolved),
  };
}

/** A subject with facts of every kind and the first infusion on 2020-03-05. */
export function buildVariedFacts(subject: string): readonly Fact[] {
  return [
    {
      kind: 'person',
      ...buildSourcedFields(subject, 'person', parseTestMoment('1980-05-06')),
      sex: 'female',
      birthDate: '1980-05-06',
    },
    {
      kind: 'condition',
      ...buildSourcedFields(subject, 'aa', parseTestMoment('2019-08')),
      condition: 'aplastic-anaemia',
      active: true,
      abated: null,
    },
    buildVariedLab(subject, 'hemoglobin', parseTestMoment('2020-03-01T08:00:00+08:00'), [
      '7.20',
      'g/dL',
      '72.0',
    ]),
    buildVariedLab(subject, 'platelets', parseTestMoment('2020-03-01T23:30:00Z', '2020-03-02'), [
      '5',
      'K/uL',
      '5',
      '<',
    ]),
    buildVariedLab(subject, 'anc', parseTestMoment('2020-03-02T08:00:00+08:00'), ['450', '/mm3', '0.450']),
    buildVariedLab(subject, 'platelets', parseTestMoment('2020-03-08T08:00:00+08:00'), [
      '11',
      'strange',
      '11',
    ]),
    buildVariedLab(subject, 'platelets', parseTestMoment('2020-04-04T08:00:00+08:00'), ['25', 'K/uL', '25']),
    ...['2020-03-05', '2020-03-12', '2020-03-19', '2020-03-26'].map((day) => buildInfusionFact(subject, day)),
    {
      kind: 'transfusion',
      ...buildSourcedFields(subject, 't', parseTestMoment('2020-03-03')),
      component: 'red-cells',
      units: '2',
    },
    {
      kind: 'medication',
      ...buildSourcedFields(subject, 'm', parseTestMoment('2020-03/2020-04')),
      agent: 'filgrastim',
      role: 'growth-factor',
    },
    {
      kind: 'weight',
      ...buildSourcedFields(subject, 'w', parseTestMoment('2020-03-04')),
      kilograms: '60.50',
      original: { code: 'c', value: '60.50', unit: 'kg', conversion: null },
    },
    buildEventFact(subject, 'Fever', '2020-03-10', '2020-03-11'),
    buildEventFact(subject, 'Headache', '2020-03', null),
    { kind: 'death', ...buildSourcedFields(subject, 'd', parseTestMoment('2021-02')) },
  ];
}

/** Assesses a subject with these facts. */
export function assessVariedRecord(
  subject: string,
  facts: readonly Fact[],
  status: Subject['status'] = 'on-study',
): SubjectRecord {
  const dates = { enrolledOn: '2020-03-01', consentedOn: '2020-02-28' };
  const enrolled: Subject = { study: 'msc-aa', subject, site: 'site-1', ...dates, status };
  const input = {
    subject: enrolled,
    facts,
    protocol: requireBundledProtocol(),
    criteria: library.criteria,
    today: VARIED_AS_OF,
  };
  return { subject: enrolled, facts, judgement: assessSubject(input) };
}

export function requireBundledProtocol() {
  const found = library.protocols.get('msc-aa');
  if (!found) throw new Error('the study has no protocol');
  return found;
}

/** A study of these records. */
export function buildVariedStudy(records: readonly SubjectRecord[]): StudyInput {
  return {
    protocol: requireBundledProtocol(),
    registry: null,
    report: reportOnSubjects({ protocol: requireBundledProtocol(), subjects: records, today: VARIED_AS_OF }),
    asOf: VARIED_AS_OF,
    versions: { software: '0.1.0', protocol: '1.0.0', criteria: {} },
    mapping: 'm',
    draft: false,
    async *readSubjects() {
      yield* records;
    },
  };
}

/** The files of an export, by name. */
export async function collectFiles(pieces: AsyncIterable<FileChunk>): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for await (const { file, content } of pieces) files.set(file, `${files.get(file) ?? ''}${content}`);
  return files;
}
