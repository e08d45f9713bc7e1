import { parseSubjectToken } from '../../fhir/canonical-urls.ts';
import type { Subject } from '../../trial/facts.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { contradictsSubject } from './contradicting-identifiers.ts';
import { narrowSubjects, type SubjectIdentifier } from './narrow-subjects.ts';

/** The subjects that a resource is about, as far as its patient identifiers settle them. */
interface SubjectResolution {
  readonly subjects: readonly Subject[];
  /** Whether the identifiers contradict each other or mean two subjects of one study: a person must then decide. */
  readonly isAmbiguous: boolean;
  /** Identifiers that link nobody because people share them who differ; empty where the others settle the subject. */
  readonly contestedIdentifiers: readonly string[];
}

/** The identifiers of one resource, with their links in the store. */
interface LoadedIdentifiers {
  readonly identifiers: readonly string[];
  /** In the order of the identifiers. */
  readonly links: readonly SubjectIdentifier[];
  /** Every identifier of each linked subject, by `study|subject`; empty where no contradiction is possible. */
  readonly ownIdentifiers: ReadonlyMap<string, readonly string[]>;
}

/** Resolves the subjects that the identifiers mean together, with their present status. */
export async function resolveSubjects(
  tx: SiteTransaction,
  identifiers: readonly string[],
): Promise<SubjectResolution> {
  const resolution = resolveLoadedIdentifiers(await loadIdentifiers(tx, identifiers));
  const isSettled = resolution.subjects.length > 0 && !resolution.isAmbiguous;
  if (isSettled) return { ...resolution, contestedIdentifiers: [] };
  const contested = await tx.subjects.listContestedIdentifiers(tx.site, identifiers);
  const contestedIdentifiers = [...new Set(contested.map(({ identifier }) => identifier))];
  return { ...resolution, contestedIdentifiers };
}

const formatSubjectKey = ({ study, subject }: Pick<Subject, 'study' | 'subject'>): string =>
  `${study}|${subject}`;

async function loadIdentifiers(
  tx: SiteTransaction,
  identifiers: readonly string[],
): Promise<LoadedIdentifiers> {
  const stored = (await tx.subjects.listIdentifierLinks(tx.site, identifiers)).filter(
    ({ isCurrent }) => isCurrent,
  );
  const subjects = new Map<string, Subject>();
  const ownIdentifiers = new Map<string, readonly string[]>();
  for (const link of stored) {
    const key = formatSubjectKey(link);
    if (subjects.has(key)) continue;
    const subject = await tx.subjects.get(link.study, link.subject);
    if (!subject) continue;
    subjects.set(key, subject);
    // A single identifier cannot contradict the others.
    if (identifiers.length > 1)
      ownIdentifiers.set(key, await tx.subjects.listPatientIdentifiers(link.study, link.subject));
  }
  const numbered = await findNumberedSubjects(tx, identifiers);
  for (const { subject } of numbered) {
    const key = formatSubjectKey(subject);
    if (identifiers.length > 1 && !ownIdentifiers.has(key))
      ownIdentifiers.set(key, await tx.subjects.listPatientIdentifiers(subject.study, subject.subject));
  }
  const links = [...new Set(identifiers)].flatMap((identifier) => [
    ...numbered.filter((link) => link.identifier === identifier),
    ...stored
      .filter((link) => link.identifier === identifier)
      .flatMap((link) => subjects.get(formatSubjectKey(link)) ?? [])
      .map((subject) => ({ identifier, subject })),
  ]);
  return { identifiers, links, ownIdentifiers };
}

/** Finds the subjects of this site whom identifiers name by their number in a study. */
async function findNumberedSubjects(
  tx: SiteTransaction,
  identifiers: readonly string[],
): Promise<readonly SubjectIdentifier[]> {
  const links: SubjectIdentifier[] = [];
  for (const identifier of new Set(identifiers)) {
    const number = parseSubjectToken(identifier);
    const subject = number && (await tx.subjects.get(number.study, number.subject));
    if (subject?.site === tx.site) links.push({ identifier, subject });
  }
  return links;
}

/**
 * Narrows the subjects study by study. An identifier that is unknown in the study contradicts a subject who has another
 * one of the same system, even where it means nobody else.
 */
function resolveLoadedIdentifiers({
  identifiers,
  links,
  ownIdentifiers,
}: LoadedIdentifiers): Omit<SubjectResolution, 'contestedIdentifiers'> {
  const candidates = narrowSubjects(links);
  const isAmbiguous = candidates.some(({ study, subjects }) => {
    const known = links.filter(({ subject }) => subject.study === study).map(({ identifier }) => identifier);
    const unknown = identifiers.filter((identifier) => !known.includes(identifier));
    return (
      subjects.length > 1 ||
      subjects.some((subject) =>
        contradictsSubject(unknown, ownIdentifiers.get(formatSubjectKey(subject)) ?? []),
      )
    );
  });
  return { subjects: candidates.flatMap(({ subjects }) => subjects), isAmbiguous };
}
