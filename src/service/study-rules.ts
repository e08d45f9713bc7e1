import { Failure } from '../errors.ts';
import { buildUnknownStudyFailure } from '../library/unknown-study.ts';
import { type Library, selectCriteriaSets } from '../library.ts';
import type { StudyRules } from '../pipeline/assess/assess-and-write-back.ts';
import { assessSubject } from '../trial/assess-subject.ts';
import type { RuleVersions } from '../trial/assessment.ts';
import type { CriteriaSet } from '../trial/criteria/criteria-set.ts';
import { checkDefinitionReferences } from '../trial/criteria/definition-references.ts';
import { parseCriteriaSet } from '../trial/criteria/parse-criteria-set.ts';
import { type Protocol, withOverallCriteriaSet } from '../trial/protocol.ts';

/** Criteria sets by id. */
type CriteriaSets = ReadonlyMap<string, CriteriaSet>;

/** Another rule for the overall response: a set of the library, of a version where named, or a file's content. */
export type AlternativeCriteria =
  | { readonly kind: 'set'; readonly id: string; readonly version: string | null }
  | { readonly kind: 'file'; readonly file: string; readonly json: unknown };

/** The trial engine over a study's protocol and the library's criteria. Throws `study/unknown`. */
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

function collectVersions(
  { id, version, criteria: named }: Protocol,
  criteria: CriteriaSets,
  mapping: string,
): RuleVersions {
  const ids = [...new Set([named.severity, ...Object.values(named.overall), named.lineages])].sort();
  const sets = ids.flatMap((set) => criteria.get(set) ?? []);
  return {
    protocol: { id, version },
    criteria: sets.map((set) => ({ id: set.id, version: set.version })),
    mapping,
  };
}

/**
 * The rules with other criteria for the overall response, whatever the severity. A file with a set that the protocol
 * uses already is another version of it, and judges those whom that set judges.
 */
export function buildAlternativeRules(
  library: Library,
  study: string,
  other: AlternativeCriteria,
): StudyRules {
  const protocol = requireProtocol(library, study);
  const known = selectCriteriaSets(library, study);
  const set = other.kind === 'set' ? requireCriteriaSet(known, other) : parseCriteriaFile(known, other);
  const criteria = new Map([...known, [set.id, set] as const]);
  const { severity, overall, lineages } = protocol.criteria;
  const isUsed = [severity, ...Object.values(overall), lineages].includes(set.id);
  const by = other.kind === 'file' && isUsed ? protocol : withOverallCriteriaSet(protocol, set.id);
  return buildStudyRules(library, by, criteria);
}

function requireCriteriaSet(
  known: CriteriaSets,
  wanted: AlternativeCriteria & { readonly kind: 'set' },
): CriteriaSet {
  const set = known.get(wanted.id);
  if (!set) {
    throw buildUnknownCriteriaSetFailure(wanted.id, known.keys());
  }
  if (wanted.version === null || wanted.version === set.version) return set;
  const message = `The library has ${set.id} in version ${set.version}, not ${wanted.version}.`;
  throw new Failure('criteria/unknown', message, { at: wanted.id, fix: 'Name the file of that version.' });
}

/** The refusal of a criteria set that the library does not have; `known` are the ids of those that it has. */
export function buildUnknownCriteriaSetFailure(id: string, known: Iterable<string>): Failure {
  const ids = [...new Set(known)].join(', ');
  return new Failure('criteria/unknown', `There is no criteria set ${id}.`, { fix: `Use one of ${ids}.` });
}

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
  throw new Error('A file was refused without a reason.');
}

/** The study's protocol. Throws `study/unknown`. */
export function requireProtocol(library: Library, study: string) {
  const protocol = library.protocols.get(study);
  if (protocol) return protocol;
  throw buildUnknownStudyFailure(study, library.protocols.keys());
}
