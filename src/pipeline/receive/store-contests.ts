import type { ContestedIdentifier } from '../../store/subject-store.ts';
import { holdAsWorkItem } from '../facts/store-facts.ts';
import { buildContestKey, formatContestGroup } from '../identity/contest-keys.ts';
import type { Contest, PersonalDifference } from '../identity/contested-identifiers.ts';
import { parseIdentifierSystem } from '../identity/contradicting-identifiers.ts';
import type { LinkedIdentifiers, linkRecords } from '../identity/linked-identifiers.ts';
import { hashPatientIdentifier } from '../sealed-payloads.ts';
import type { SiteTransaction } from '../site-transaction.ts';

type StoredLinkage = Awaited<ReturnType<typeof linkRecords>>;

/**
 * Stores which of the linked identifiers are contested, and opens or closes one work item for each that a subject carries.
 * `Patient/id` is contested too where its Patient shares an identifier of an enrolment with somebody else. Returns the
 * identifiers that have become contested or are no longer so.
 */
export async function storeContests(
  tx: SiteTransaction,
  { identifiers, unkeptRecords, enrolled }: LinkedIdentifiers,
  { persons, contests, destroyed }: StoredLinkage,
): Promise<readonly string[]> {
  const before = await tx.subjects.listContestedIdentifiers(tx.site, identifiers);
  const toRow = (identifier: string, patient: string): ContestedIdentifier => ({
    identifier,
    patientHash: hashPatientIdentifier(tx, patient),
    isSealed: unkeptRecords.has(patient),
  });
  const enrolledNames = new Set(enrolled.map(({ identifier }) => identifier));
  const rows = contests.flatMap(({ identifier, patients }) => {
    // An identifier of an enrolment stays a fact; the Patients that carry it are contested.
    const targets = enrolledNames.has(identifier) ? patients : [identifier];
    return targets.flatMap((target) => patients.map((patient) => toRow(target, patient)));
  });
  const kept = destroyed.filter((row) => !rows.some((other) => isSameRow(row, other)));
  const unique = new Map([...rows, ...kept].map((row) => [`${row.identifier} ${row.patientHash}`, row]));
  if (before.length + unique.size === 0) return [];
  await tx.subjects.replaceContestedIdentifiers(tx.site, identifiers, [...unique.values()]);
  const subjectsPatients = new Set(
    persons.filter(({ subjects }) => subjects.length > 0).flatMap(({ ids }) => ids),
  );
  const open = contests.filter(({ patients }) => patients.some((patient) => subjectsPatients.has(patient)));
  for (const contest of open) await holdContest(tx, contest);
  const stillOpen = new Set([...open, ...destroyed].map(({ identifier }) => identifier));
  for (const identifier of identifiers)
    if (!stillOpen.has(identifier)) await tx.workItems.release(buildContestKey(tx, identifier));
  const [known, current] = [before, [...unique.values()]].map(
    (all) => new Set(all.map(({ identifier }) => identifier)),
  );
  return identifiers.filter((identifier) => known?.has(identifier) !== current?.has(identifier));
}

/** Forgets what a Patient contests that was sealed until now; returns the identifiers, which must be linked again. */
export async function removeContests(tx: SiteTransaction, patient: string): Promise<readonly string[]> {
  const patientHash = hashPatientIdentifier(tx, patient);
  const identifiers = await tx.subjects.listIdentifiersContestedBy(tx.site, patientHash);
  const rows = await tx.subjects.listContestedIdentifiers(tx.site, identifiers);
  const others = rows.filter((row) => row.patientHash !== patientHash);
  await tx.subjects.replaceContestedIdentifiers(tx.site, identifiers, others);
  return identifiers;
}

const isSameRow = (a: ContestedIdentifier, b: ContestedIdentifier): boolean =>
  a.identifier === b.identifier && a.patientHash === b.patientHash;

const DIFFERENCE_NAMES: Readonly<Record<PersonalDifference, string>> = {
  'enrolled-identifier': 'an identifier of an enrolment',
  identifier: 'another identifier',
  'birth-date': 'birth date',
  sex: 'sex',
};

async function holdContest(
  tx: SiteTransaction,
  { identifier, patients, differences }: Contest,
): Promise<void> {
  const system = parseIdentifierSystem(identifier) || 'no system';
  const names = differences.map((difference) => DIFFERENCE_NAMES[difference]).join(', ') || 'their ids';
  await holdAsWorkItem(tx, buildContestKey(tx, identifier), {
    reason: 'contested-identifier',
    element: 'Patient.identifier',
    group: formatContestGroup(tx, identifier),
    detail: `One identifier (${system}) is carried by ${patients.join(' and ')}, who differ in ${names}; it refers to nobody from now on.`,
    fix: 'Correct the Patient that carries it wrongly. If the Patients are one person, merge them (Patient.link). What was accepted before keeps its subject.',
    waitsFor: null,
  });
}
