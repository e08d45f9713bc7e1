import { Failure } from '../errors.ts';
import type { EarlierVersions } from '../library/earlier-versions.ts';
import { parseCriteriaSet } from '../library/formats/criteria-set-schema.ts';
import { buildUnknownStudyFailure } from '../library/unknown-study.ts';
import { type Library, selectCriteriaSets } from '../library.ts';
import type { StudyRules } from '../pipeline/assess/assess-and-write-back.ts';
import { assessSubject } from '../trial/assess-subject.ts';
import type { RuleVersions } from '../trial/assessment.ts';
import type { CriteriaSet } from '../trial/criteria/criteria-set.ts';
import { checkDefinitionReferences } from '../trial/criteria/definition-references.ts';
import { createVariantAssessor } from '../trial/endpoints/subject/variant-classes.ts';
import { type Protocol, withOverallCriteriaSet } from '../trial/protocol.ts';
import { deriveUnchangedUntil } from '../trial/unchanged-until.ts';

/** Criteria sets by id. */
type CriteriaSets = ReadonlyMap<string, CriteriaSet>;

/**
 * Another rule to assess by: a criteria set of the library, with its version if stated; a version of the study's protocol;
 * or a file with a criteria set.
 */
export type AlternativeRule =
  | { readonly kind: 'set'; readonly id: string; readonly version: string | null }
  | { readonly kind: 'protocol'; readonly version: string }
  | { readonly kind: 'file'; readonly file: string; readonly json: unknown };

/** Builds the rules of a study: its protocol with its criteria sets. Throws `study/unknown`. */
export function findStudyRules(library: Library, study: string): StudyRules {
  const { mappings, rules } = library.digests;
  return {
    ...buildStudyRules(library, requireProtocol(library, study), selectCriteriaSets(library, study)),
    digest: `${rules} ${mappings}`,
  };
}

function buildStudyRules(library: Library, protocol: Protocol, criteria: CriteriaSets): StudyRules {
  return {
    study: protocol.id,
    title: protocol.title,
    versions: collectVersions(protocol, criteria, library.digests.mappings),
    assess: (subject, facts, today) => assessSubject({ subject, facts, protocol, criteria, today }),
    deriveUnchangedUntil: (facts, assessment, today) =>
      deriveUnchangedUntil(facts, protocol, assessment, today),
    assessVariants: createVariantAssessor({ protocol, criteria }),
  };
}

/** Lists the ids of the criteria sets that a protocol uses, for severity, overall response and lineages: each once, sorted. */
export const listUsedSetIds = ({
  criteria: { severity, overall, lineages },
}: Protocol): readonly string[] => {
  const used = [severity, ...Object.values(overall), lineages].filter((id) => id !== undefined);
  return [...new Set(used)].sort();
};

function collectVersions(protocol: Protocol, criteria: CriteriaSets, mapping: string): RuleVersions {
  const sets = listUsedSetIds(protocol).flatMap((id) => criteria.get(id) ?? []);
  return {
    protocol: { id: protocol.id, version: protocol.version },
    criteria: sets.map(({ id, version }) => ({ id, version })),
    mapping,
  };
}

/** A study's protocol with its criteria sets. */
interface StudyDefinition {
  readonly protocol: Protocol;
  readonly criteria: CriteriaSets;
}

/**
 * Builds the rules of a study with other rules in place of its own, one after the other. A set that the protocol does not
 * use becomes that of the overall response, for every severity. Another version of a set that it uses, from the library's
 * earlier versions or from a file, applies to the same subjects and scopes. Throws `criteria/unknown`, `criteria/invalid`
 * or `study/unknown`.
 */
export function buildAlternativeRules(
  library: Library,
  study: string,
  alternatives: readonly AlternativeRule[],
): StudyRules {
  const own = { protocol: requireProtocol(library, study), criteria: selectCriteriaSets(library, study) };
  const { protocol, criteria } = alternatives.reduce<StudyDefinition>(
    (definition, alternative) => replaceRule(library, definition, alternative),
    own,
  );
  return buildStudyRules(library, protocol, criteria);
}

function replaceRule(
  library: Library,
  { protocol, criteria }: StudyDefinition,
  alternative: AlternativeRule,
): StudyDefinition {
  if (alternative.kind === 'protocol')
    return { protocol: requireProtocolVersion(library, protocol, alternative.version), criteria };
  const set =
    alternative.kind === 'set'
      ? requireCriteriaSet(library, protocol.id, criteria, alternative)
      : parseCriteriaFile(criteria, alternative);
  const isOtherVersion = alternative.kind === 'file' || set !== criteria.get(set.id);
  const isUsed = isOtherVersion && listUsedSetIds(protocol).includes(set.id);
  return {
    protocol: isUsed ? protocol : withOverallCriteriaSet(protocol, set.id),
    criteria: new Map([...criteria, [set.id, set] as const]),
  };
}

/** Lists the earlier versions that a study can be compared with: its own, and the general ones. */
function listEarlierVersions({ earlierVersions }: Library, study: string): EarlierVersions {
  const found = [earlierVersions.get(study), earlierVersions.get(null)].filter((one) => one !== undefined);
  return {
    criteria: found.flatMap(({ criteria }) => criteria),
    protocols: found.flatMap(({ protocols }) => protocols),
  };
}

function buildUnknownVersionFailure(id: string, version: string, known: readonly string[]): Failure {
  const message = `The library does not have ${id} in version ${version}.`;
  const fix = `Use one of ${known.map((other) => `${id}@${other}`).join(', ')}, or the file of that version.`;
  return new Failure('criteria/unknown', message, { at: id, fix });
}

function requireProtocolVersion(library: Library, current: Protocol, version: string): Protocol {
  const versions = [current, ...listEarlierVersions(library, current.id).protocols];
  const found = versions.find((protocol) => protocol.version === version);
  if (found) return found;
  throw buildUnknownVersionFailure(
    'protocol',
    version,
    versions.map((protocol) => protocol.version),
  );
}

function requireCriteriaSet(
  library: Library,
  study: string,
  known: CriteriaSets,
  { id, version }: AlternativeRule & { readonly kind: 'set' },
): CriteriaSet {
  const set = known.get(id);
  if (!set) throw buildUnknownCriteriaSetFailure(id, known.keys());
  if (version === null || version === set.version) return set;
  const earlier = listEarlierVersions(library, study).criteria.filter((other) => other.id === id);
  const found = earlier.find((other) => other.version === version);
  if (found) return found;
  const versions = [set, ...earlier].map((other) => other.version);
  throw buildUnknownVersionFailure(id, version, versions);
}

/** Builds the refusal of a criteria set that the library does not have; `known`: the ids of those that it has. */
export function buildUnknownCriteriaSetFailure(id: string, known: Iterable<string>): Failure {
  const ids = [...new Set(known)].join(', ');
  return new Failure('criteria/unknown', `There is no criteria set ${id}.`, { fix: `Use one of ${ids}.` });
}

/** Parses a criteria set and checks its references to the sets of the library. Throws `criteria/invalid`. */
function parseCriteriaFile(
  known: CriteriaSets,
  { file, json }: AlternativeRule & { readonly kind: 'file' },
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
