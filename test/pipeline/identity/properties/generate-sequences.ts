import fc from 'fast-check';
import type { ResourceShorthand } from '../case-resources.ts';
import { correctedReport, report } from './generate-reports.ts';
import {
  arrangements,
  type Build,
  describePerson,
  type Family,
  generateOptional,
  ID,
  type Naming,
  NUMBERS,
  namePatient,
  type PersonalData,
  person,
  personalData,
  TIMES,
  toShorthand,
  toUnits,
  value,
  ways,
} from './sequence-parts.ts';
import type { SequencePerson, Statement, Unit } from './sequences.ts';

/*
 * Generators of sequences: two subjects and a relative of the first one, with few numbers, moments and values, so that most
 * of what people share by chance in a hospital is shared here.
 */

/** The most things of a sequence: results with their corrections, transfusions, events, reports with their results. */
const THINGS = 3;
const SPECIMENS = ['urn:specimen|1', 'urn:specimen|2'];
const ISSUED = ['2026-01-14T09:00:00Z', '2026-01-14T10:00:00Z', '2026-01-14T12:00:00+01:00'];
const STATUSES = ['final', 'final', 'final', 'corrected', 'corrected', 'preliminary', 'amended'];
const WITHDRAWN = ['entered-in-error', 'cancelled'];

/** Generates the Patient of a person: versions of one with an id, or one without, or none. */
const generatePatient = (about: SequencePerson): fc.Arbitrary<Build> =>
  fc
    .record({
      hasId: fc.boolean(),
      versions: fc.oneof(
        { weight: 2, arbitrary: fc.constant<PersonalData[]>([]) },
        { weight: 2, arbitrary: fc.array(personalData, { minLength: 1, maxLength: 1 }) },
        { weight: 1, arbitrary: fc.array(personalData, { minLength: 2, maxLength: 2 }) },
      ),
      own: ways,
    })
    .map(({ hasId, versions, own }) => (_place, family) => {
      const stated = versions.map((data) => describePerson(about, family, data));
      const sent = hasId
        ? stated.map((each, index) => ({ person: each, id: ID[about], version: String(index + 1) }))
        : stated.slice(0, 1).map((each) => ({ person: each }));
      return toUnits(
        sent.map((each) => ({ about, sent: each })),
        own,
      );
    });

/** Generates a content of a result, such as 19, corrected. */
const resultContent = fc.record({
  value,
  status: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...STATUSES) },
    { weight: 1, arbitrary: fc.constantFrom(...WITHDRAWN) },
  ),
  issued: generateOptional(fc.constantFrom(...ISSUED)),
});

/** The three ways in which senders version a resource. */
type Versioning = 'numbers' | 'times' | 'none';

function buildMeta(versioning: Versioning, index: number): object {
  if (versioning === 'numbers') return { version: String(index + 9) };
  if (versioning === 'none') return {};
  return { version: `${'zxyw'[index]}${index}`, updated: `2026-01-15T0${index}:00:00Z` };
}

const common = fc.record({
  about: person,
  naming: fc.constantFrom<Naming>('id', 'id', 'record', 'insurance'),
  at: fc.constantFrom(...TIMES),
  number: generateOptional(fc.constantFrom(...NUMBERS)),
  hasId: fc.boolean(),
  versioning: fc.constantFrom<Versioning>('numbers', 'times', 'none'),
});

/** Relatives are never named by what means S-1 to everybody who has not heard of the relative. */
const selectNaming = (about: SequencePerson, naming: Naming): Naming =>
  naming === 'insurance' && about !== 'S-1' ? 'record' : naming;

const buildStatement = (about: SequencePerson, naming: Naming, sent: ResourceShorthand): Statement => {
  const own = selectNaming(about, naming);
  const statement = { about, sent: toShorthand({ ...sent, patient: namePatient(about, own) }) };
  return own === 'insurance' ? { ...statement, isByInsurance: true } : statement;
};

/** Generates a result: versions of one with an id, or contents without one. */
const result: fc.Arbitrary<Build> = fc
  .record({
    common,
    analyte: fc.constantFrom('platelets', 'platelets', 'neutrophils'),
    contents: fc.oneof(
      { weight: 2, arbitrary: fc.tuple(resultContent) },
      { weight: 1, arbitrary: fc.tuple(resultContent, resultContent) },
    ),
    from: generateOptional(fc.constantFrom(...SPECIMENS)),
    // Above the number of things: none.
    replaces: fc.nat({ max: 3 * THINGS }),
    own: ways,
  })
  .map(
    ({ common: { about, naming, at, number, hasId, versioning }, analyte, contents, own, ...more }) =>
      (place) => {
        const [system, specimen] = more.from?.split('|') ?? [];
        const from = specimen === undefined ? undefined : { identifier: { system, value: specimen } };
        const isReplacing = more.replaces < THINGS && more.replaces !== place;
        const replaces = isReplacing ? `Observation/o${more.replaces}` : undefined;
        const sent = contents.map((content, index) => ({
          [analyte]: content.status === 'cancelled' ? null : content.value,
          ...{ status: content.status, issued: content.issued, at, number, from, replaces },
          ...(hasId ? { id: `o${place}`, ...buildMeta(versioning, index) } : {}),
        }));
        return toUnits(
          sent.map((each) => buildStatement(about, naming, each)),
          own,
        );
      },
  );

/** Generates a transfusion or an adverse event. */
const otherStatement: fc.Arbitrary<Build> = fc
  .record({
    common,
    kind: fc.constantFrom('red cells', 'platelet transfusion', 'Headache', 'Fever'),
    status: fc.constantFrom('completed', 'completed', 'completed', 'entered-in-error', 'not-done'),
    own: ways,
  })
  .map(({ common: { about, naming, at, number, hasId }, kind, status, own }) => (place) => {
    const isEvent = kind === 'Headache' || kind === 'Fever';
    const what = isEvent ? { event: kind } : { [kind]: true, status };
    const single = Array.isArray(number) ? number[0] : number;
    const sent = { ...what, at, number: isEvent ? single : number, id: hasId ? `t${place}` : undefined };
    return toUnits([buildStatement(about, naming, sent)], own);
  });

/** Generates the enrolment of S-2, where they are not enrolled at the start. */
const enrolment: fc.Arbitrary<Build> = arrangements.map((own) => () => [
  { statements: [], isEnrolment: true, arrangements: own },
]);

const NOTHING: fc.Arbitrary<Build> = fc.constant(() => []);

/** Generates the units of a sequence, 3 to about 9. */
export const sequences: fc.Arbitrary<readonly Unit[]> = fc
  .record({
    family: fc.constantFrom<Family>('birth-date', 'sex', 'record-number'),
    people: fc.tuple(
      fc.oneof({ weight: 2, arbitrary: NOTHING }, { weight: 1, arbitrary: enrolment }),
      generatePatient('S-1'),
      generatePatient('S-2'),
      generatePatient('relative'),
    ),
    things: fc.array(
      fc.oneof(
        { weight: 12, arbitrary: result },
        { weight: 4, arbitrary: otherStatement },
        { weight: 3, arbitrary: report },
        { weight: 1, arbitrary: correctedReport },
      ),
      { minLength: 2, maxLength: THINGS },
    ),
  })
  .map(({ family, people, things }) => [
    ...people.flatMap((build) => build(0, family)),
    ...things.flatMap((build, place) => build(place, family)),
  ]);
