import fc from 'fast-check';
import {
  arrangements,
  type Build,
  describePerson,
  generateOptional,
  ID,
  type Naming,
  NUMBERS,
  namePatient,
  person,
  personalData,
  TIMES,
  toShorthand,
  toUnits,
  value,
  ways,
} from './sequence-parts.ts';

/* Generators of reports, in the Bundle that contains their results, or in versions. */

/** A result in a report's Bundle; what it does not state it has from the report. */
const member = fc.record({
  analyte: fc.constantFrom('platelets', 'neutrophils'),
  value,
  hasId: fc.boolean(),
  hasPatient: fc.boolean(),
  hasTime: fc.boolean(),
  hasSpecimen: fc.boolean(),
  number: generateOptional(fc.constantFrom(...NUMBERS)),
});

/** Generates the Bundle of a report: its results, the specimen "1" of every sender, and sometimes the Patient. */
export const report: fc.Arbitrary<Build> = fc
  .record({
    about: person,
    naming: fc.constantFrom<Naming>('id', 'record'),
    at: fc.constantFrom(...TIMES),
    members: fc.array(member, { minLength: 1, maxLength: 2 }),
    patient: generateOptional(personalData),
    hasId: fc.boolean(),
    number: generateOptional(fc.constantFrom('urn:report|1', 'urn:lab|1')),
    own: arrangements,
  })
  .map(({ about, naming, at, members, patient, hasId, number, own }) => (place, family) => {
    const urn = (n: number) => `urn:${place * 10 + n}`;
    const subject = patient ? urn(1) : namePatient(about, naming);
    const results = members.map(({ analyte, value: measured, number: ownNumber, ...has }, index) => ({
      url: urn(index + 3),
      [analyte]: measured,
      at: has.hasTime ? at : null,
      patient: has.hasPatient ? subject : null,
      from: has.hasSpecimen ? urn(2) : undefined,
      id: has.hasId ? `m${place}-${index}` : undefined,
      number: ownNumber,
    }));
    const listed = results.map(({ url }) => url);
    const sent = [
      ...(patient ? [{ url: urn(1), person: describePerson(about, family, patient) }] : []),
      { url: urn(2), specimen: at, number: 'urn:specimen|1', patient: subject },
      { url: urn(9), report: listed, at, patient: subject, number, id: hasId ? `d${place}` : undefined },
      ...results,
    ];
    return [{ statements: sent.map((each) => ({ about, sent: toShorthand(each) })), arrangements: own }];
  });

/** Generates a report in two versions: the second one, corrected, lists another result instead of the first. */
export const correctedReport: fc.Arbitrary<Build> = fc
  .record({
    about: person,
    at: fc.constantFrom(...TIMES),
    values: fc.tuple(value, value),
    hasPatient: fc.boolean(),
    own: ways,
  })
  .map(({ about, at, values, hasPatient, own }) => (place) => {
    const [first, second] = [`c${place}-1`, `c${place}-2`];
    const patient = ID[about];
    const common = { at, patient, id: `c${place}` };
    const sent = [
      { platelets: values[0], id: first, at, patient: hasPatient ? patient : null },
      { platelets: values[1], id: second, at, patient: hasPatient ? patient : null },
      { ...common, report: [`Observation/${first}`], version: '1' },
      { ...common, report: [`Observation/${second}`], version: '2', status: 'corrected' },
    ];
    return toUnits(
      sent.map((each) => ({ about, sent: each })),
      own,
    );
  });
