import { mayUseSubjectNumber } from '../config/subject-numbers.ts';
import type { Config } from '../config.ts';
import type { Seal } from '../intake/seal.ts';
import { buildDecisionTrust } from '../library/decision-trust.ts';
import type { Library } from '../library.ts';
import type { EventLog } from '../observe/event-log.ts';
import type { AssessmentDependencies, StudyRules } from '../pipeline/assess/assess-and-write-back.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { guardMapper } from '../pipeline/facts/guard-mapper.ts';
import type { Store } from '../store/store.ts';
import { digestAssessmentCode } from './assessment-code.ts';
import { findStudyRules } from './study-rules.ts';

/** A library, with the dependencies that are built from it. It is never changed, only replaced as a whole. */
export interface LibrarySnapshot {
  readonly library: Library;
  readonly pipeline: PipelineDependencies;
  readonly assessment: AssessmentDependencies;
}

/** Everything that a snapshot needs in addition to the library. */
export interface SnapshotDependencies {
  readonly config: Config;
  readonly store: Store;
  readonly seal: Seal;
  readonly events: EventLog;
  readonly softwareVersion: string;
}

/** Builds the snapshot of a library. */
export function buildLibrarySnapshot(dependencies: SnapshotDependencies, library: Library): LibrarySnapshot {
  return {
    library,
    pipeline: buildPipelineDependencies(dependencies, library),
    assessment: buildAssessmentDependencies(dependencies, library),
  };
}

/** Resolves a site's time zone: that of the configuration, else that of the study's site.json, else UTC. */
function resolveTimeZone(config: Config, library: Library, site: string): string {
  return config.sites[site]?.timeZone ?? library.timeZones.get(site) ?? 'UTC';
}

/** Resolves the longest time, in days, for which any study allows payloads to be sealed; null where no study allows it. */
function resolveSealDays(library: Library): number | null {
  const days = Math.max(0, ...[...library.protocols.values()].map(({ sealedDays }) => sealedDays));
  return days === 0 ? null : days;
}

function buildPipelineDependencies(
  { config, store, seal, events }: SnapshotDependencies,
  library: Library,
): PipelineDependencies {
  const onMappingFailed = (site: string, resourceType: string, error: unknown) =>
    events.mappingFailed({ site, resourceType, error });
  const map = guardMapper(library.mapper.map, onMappingFailed);
  return {
    store,
    seal,
    studies: [...library.protocols.keys()],
    sealDays: resolveSealDays(library),
    getSiteContext: (site) => ({
      site,
      timeZone: resolveTimeZone(config, library, site),
      ehrBase: config.sites[site]?.ehr?.base ?? null,
      mayUseSubjectNumber: (number) => mayUseSubjectNumber(config.sites, site, number),
      map,
      listVisits: (study) => library.protocols.get(study)?.visits.map(({ id }) => id) ?? null,
    }),
    validate: library.validate,
    now: () => new Date(),
  };
}

function buildAssessmentDependencies(
  { config, events, softwareVersion }: SnapshotDependencies,
  library: Library,
): AssessmentDependencies {
  const rulesByStudy = new Map<string, StudyRules>();
  return {
    onAssessmentFailed: ({ study, subject }, error) => events.assessmentFailed({ study, subject, error }),
    softwareVersion,
    codeDigest: digestAssessmentCode(),
    trust: buildDecisionTrust(config),
    getTimeZone: (site) => resolveTimeZone(config, library, site),
    now: () => new Date(),
    getStudyRules(study) {
      const known = rulesByStudy.get(study);
      if (known) return known;
      const rules = findStudyRules(library, study);
      rulesByStudy.set(study, rules);
      return rules;
    },
  };
}
