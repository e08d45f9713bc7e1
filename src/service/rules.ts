import { Failure } from '../errors.ts';
import { criteriaFor, type Library } from '../library.ts';
import type { StudyRules } from '../pipeline/judge.ts';
import type { Versions } from '../trial/assessment.ts';
import type { CriteriaSet } from '../trial/criteria/criteria-set.ts';
import { parseCriteriaSet } from '../trial/criteria/parse.ts';
import { checkReferences } from '../trial/criteria/references.ts';
import { judgeSubject } from '../trial/judge.ts';
import { type Protocol, withOverallCriteria } from '../trial/protocol.ts';

/** Criteria sets by id. */
type Sets = ReadonlyMap<string, CriteriaSet>;

/** Another rule for the overall response: a set of the library, of a version where named, or a file's content. */
export type OtherCriteria =
  | { readonly kind: 'set'; readonly id: string; readonly version: string | null }
  | { readonly kind: 'file'; readonly file: string; readonly json: unknown };

/** The trial engine over a study's protocol and the library's criteria. Throws `cli/failed` for an unknown study. */
export function rulesOf(library: Library, study: string): StudyRules {
  return rulesBy(library, protocolOf(library, study), criteriaFor(library, study));
}

function rulesBy(library: Library, protocol: Protocol, criteria: Sets): StudyRules {
  return {
    study: protocol.id,
    title: protocol.title,
    versions: versionsOf(protocol, criteria, library.digests.mappings),
    judge: (subject, facts, today) => judgeSubject({ subject, facts, protocol, criteria, today }),
  };
}

function versionsOf({ id, version, criteria: named }: Protocol, criteria: Sets, mapping: string): Versions {
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
export function otherRules(library: Library, study: string, other: OtherCriteria): StudyRules {
  const protocol = protocolOf(library, study);
  const known = criteriaFor(library, study);
  const set = other.kind === 'set' ? setNamed(known, other) : setRead(known, other);
  const criteria = new Map([...known, [set.id, set] as const]);
  const { severity, overall, lineages } = protocol.criteria;
  const isUsed = [severity, ...Object.values(overall), lineages].includes(set.id);
  const by = other.kind === 'file' && isUsed ? protocol : withOverallCriteria(protocol, set.id);
  return rulesBy(library, by, criteria);
}

function setNamed(known: Sets, wanted: OtherCriteria & { readonly kind: 'set' }): CriteriaSet {
  const set = known.get(wanted.id);
  if (!set) {
    const fix = `Use one of ${[...known.keys()].join(', ')}, or a file.`;
    throw new Failure('cli/failed', `There is no criteria set ${wanted.id}.`, { at: wanted.id, fix });
  }
  if (wanted.version === null || wanted.version === set.version) return set;
  const message = `The library has ${set.id} in version ${set.version}, not ${wanted.version}.`;
  throw new Failure('cli/failed', message, { at: wanted.id, fix: 'Name the file of that version.' });
}

function setRead(known: Sets, { file, json }: OtherCriteria & { readonly kind: 'file' }): CriteriaSet {
  const parsed = parseCriteriaSet(json, file);
  const problems =
    'value' in parsed
      ? checkReferences(new Map([...known, [parsed.value.id, parsed.value] as const]))
      : parsed.problems;
  const [first] = problems;
  if (first) throw new Failure('cli/failed', `${file}: ${first.message}`, { at: first.at, fix: first.fix });
  if ('value' in parsed) return parsed.value;
  throw new Error('A file was refused without a reason.');
}

/** The study's protocol. Throws `cli/failed` for an unknown study. */
export function protocolOf(library: Library, study: string) {
  const protocol = library.protocols.get(study);
  if (protocol) return protocol;
  const known = [...library.protocols.keys()].join(', ');
  throw new Failure('cli/failed', `There is no study ${study}.`, {
    at: '--study',
    fix: `Use one of ${known}.`,
  });
}
