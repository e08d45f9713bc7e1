import fc from 'fast-check';
import type { ResourceShorthand } from '../case-resources.ts';
import type { Arrangement, Door, SequencePerson, Statement, Unit } from './sequences.ts';

/* What the generators of sequences share: people, numbers, moments, and the ways to send something. */

/** In what the relative differs from S-1, and every Patient with the family's insurance number says so. */
export type Family = 'birth-date' | 'sex' | 'record-number';

const INSURANCE: Readonly<Record<SequencePerson, string>> = { 'S-1': 'F1', 'S-2': 'F2', relative: 'F1' };
const RECORD: Readonly<Record<SequencePerson, string>> = { 'S-1': 'M1', 'S-2': 'M2', relative: 'M9' };
export const ID: Readonly<Record<SequencePerson, string>> = { 'S-1': 'p1', 'S-2': 'p2', relative: 'r1' };

const MORNING = '2026-01-06T08:00:00Z';
export const TIMES = [
  MORNING,
  MORNING,
  '2026-01-06T09:00:00+01:00',
  '2026-01-06T20:00:00Z',
  '2026-01-13T08:00:00Z',
];
export const NUMBERS = ['urn:lab|1', 'urn:lab|2', 'urn:order|9', ['urn:order|9', 'urn:lab|1'], '|777'];

export const generateOptional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

/** Removes keys without a value, which the shorthand does not have. */
export const toShorthand = (entries: Record<string, unknown>): ResourceShorthand =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));

export const person = fc.constantFrom<SequencePerson>('S-1', 'S-1', 'S-2', 'relative');

const arrangement: fc.Arbitrary<Arrangement> = fc.record({
  place: fc.nat({ max: 50 }),
  isJoined: fc.boolean(),
  door: fc.constantFrom<Door>('alone', 'transaction', 'batch', 'collection', 'ndjson'),
  isRepeated: fc.nat({ max: 5 }).map((n) => n === 5),
});

export const arrangements = fc.tuple(arrangement, arrangement);

/** Ways to send up to four units. */
export const ways = fc.tuple(arrangements, arrangements, arrangements, arrangements);

type Ways = readonly Unit['arrangements'][];

/** Builds units of these statements, each sent by itself. */
export const toUnits = (statements: readonly Statement[], own: Ways): readonly Unit[] =>
  statements.flatMap((statement, index) => {
    const both = own[index];
    return both ? [{ statements: [statement], arrangements: both }] : [];
  });

/** Builds the units of one thing; its place in the sequence makes ids unique. */
export type Build = (place: number, family: Family) => readonly Unit[];

/** What a Patient states besides what tells the family apart. */
export interface PersonalData {
  readonly hasInsurance: boolean;
  readonly hasRecord: boolean;
  readonly hasBirth: boolean;
  readonly hasSex: boolean;
}

export const personalData: fc.Arbitrary<PersonalData> = fc.record({
  hasInsurance: fc.boolean(),
  hasRecord: fc.boolean(),
  hasBirth: fc.boolean(),
  hasSex: fc.boolean(),
});

export function describePerson(about: SequencePerson, family: Family, data: PersonalData): object {
  const isRelative = about === 'relative';
  const born = isRelative && family === 'birth-date' ? '1962-01-01' : '1990-01-01';
  const sex = isRelative && family === 'sex' ? 'male' : 'female';
  const hasRecord = !isRelative || data.hasRecord || family === 'record-number';
  const hasBirth = data.hasBirth || family === 'birth-date';
  const hasSex = data.hasSex || family === 'sex';
  return toShorthand({
    mrn: hasRecord ? RECORD[about] : undefined,
    insurance: data.hasInsurance ? INSURANCE[about] : undefined,
    born: hasBirth ? born : undefined,
    sex: hasSex ? sex : undefined,
  });
}

export type Naming = 'id' | 'record' | 'insurance';

export function namePatient(about: SequencePerson, naming: Naming): string {
  if (naming === 'id') return ID[about];
  return naming === 'record' ? `urn:mrn|${RECORD[about]}` : `urn:insurance|${INSURANCE[about]}`;
}

export const value = fc.constantFrom<unknown>(18, 19, '19.0', 95, '<20');
