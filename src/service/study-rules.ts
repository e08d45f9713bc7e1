import { Failure } from '../errors.ts';
import { parseCriteriaSet } from '../library/formats/criteria-set-schema.ts';
import { buildUnknownStudyFailure } from '../library/unknown-study.ts';
import { type Library, selectCriteriaSets } from '../library.ts';
import type { StudyRules } from '../pipeline/assess/assess-and-write-back.ts';
import { assessSubject } from '../trial/assess-subject.ts';
import type { RuleVersions } from '../trial/assessment.ts';
import type { CriteriaSet } from '../trial/criteria/criteria-set.ts';
import { checkDefinitionReferences } from '../trial/criteria/definition-references.ts';
import { type Protocol, withOverallCriteriaSet } from '../trial/protocol.ts';

/** Criteria sets by id. */
type CriteriaSets = ReadonlyMap<string, CriteriaSet>;

/** Another criteria set for the overall response: one of the library, with its version if stated, or a file's content. */
export type AlternativeCriteria =
  | { readonly kind: 'set'; readonly id: string; readonly version: string | null }
  | { readonly kind: 'file'; readonly file: string; readonly json: unknown };

/** Builds the rules of a study: its protocol with its criteria sets. Throws `study/unknown`. */
export function findStudyRules(library: Library, study: string): StudyRules {
  return buildStudyRules(library, requireProtocol(library, study), selectCriteriaSets(library, study));
}

function buildStudyRules(library: Library, protocol: Protocol, criteria: CriteriaSets): StudyRules {
  return {
    study: protocol.id,
    title: protocol.title,
    versions: collectVersions(protocol, criteria, library.digests.mappings),
    assess: (subject, facts, today) => assessSubject({ subject, facts, protocol, criteria, today }),
  };
}

/** Lists the ids of the criteria sets that a protocol uses, for severity, overall response and lineages: each once, sorted. */
export const listUsedSetIds = ({ criteria: { severity, overall, lineages } }: Protocol): readonly string[] =>
  [...new Set([severity, ...Object.values(overall), lineages])].sort();

function collectVersions(protocol: Protocol, criteria: CriteriaSets, mapping: string): RuleVersions {
  const sets = listUsedSetIds(protocol).flatMap((id) => criteria.get(id) ?? []);
  return {
    protocol: { id: protocol.id, version: protocol.version },
    criteria: sets.map(({ id, version }) => ({ id, version })),
    mapping,
  };
}

/**
 * Builds the rules of a study with another criteria set for the overall response, for every severity. A file with the id of
 * a set that the protocol already uses is another version of that set, and applies to the same subjects.
 */
export function buildAlternativeRules(
  library: Library,
  study: string,
  alternative: AlternativeCriteria,
): StudyRules {
  const protocol = requireProtocol(library, study);
  const known = selectCriteriaSets(library, study);
  const set =
    alternative.kind === 'set'
      ? requireCriteriaSet(known, alternative)
      : parseCriteriaFile(known, alternative);
  const criteria = new Map([...known, [set.id, set] as const]);
  const isNewVersion = alternative.kind === 'file' && listUsedSetIds(protocol).includes(set.id);
  const changedProtocol = isNewVersion ? protocol : withOverallCriteriaSet(protocol, set.id);
  return buildStudyRules(library, changedProtocol, criteria);
}

function requireCriteriaSet(
  known: CriteriaSets,
  { id, version }: AlternativeCriteria & { readonly kind: 'set' },
): CriteriaSet {
  const set = known.get(id);
  if (!set) throw buildUnknownCriteriaSetFailure(id, known.keys());
  if (version === null || version === set.version) return set;
  const message = `The library has ${set.id} in version ${set.version}, not ${version}.`;
  throw new Failure('criteria/unknown', message, { at: id, fix: 'Use the file of that version.' });
}

/** Builds the refusal of a criteria set that the library does not have; `known`: the ids of those that it has. */
export function buildUnknownCriteriaSetFailure(id: string, known: Iterable<string>): Failure {
  const ids = [...new Set(known)].join(', ');
  return new Failure('criteria/unknown', `There is no criteria set ${id}.`, { fix: `Use one of ${ids}.` });
}

/** Parses a criteria set and checks its references to the sets of the library. Throws `criteria/invalid`. */
function parseCriteriaFile(
  known: CriteriaSets,
  { file, json }: AlternativeCriteria & { readonly kind: 'file' },
): CriteriaSet {
  const parsed = parseCriteriaSet(json, file);
  const problems =
    'value' in parsed
      ? checkDefinitionReferences(new Map([...known, [parsed.value.id, parsed.value] as const]))
      : parsed.problems;
  const [first] = problems;
  if (first)
    throw new Failure('criteria/invalid', `${file}: ${first.message}`, { at: first.at, fix: first.fix });
  if ('value' in parsed) return parsed.value;
  throw new Error('An invalid criteria file has no problem.');
}

/** Returns the protocol of a study. Throws `study/unknown`. */
export function requireProtocol(library: Library, study: string): Protocol {
  const protocol = library.protocols.get(study);
  if (!protocol) throw buildUnknownStudyFailure(study, library.protocols.keys());
  return protocol;
}
