import { createHash } from 'node:crypto';
import { basename, join, relative } from 'node:path';
import type { Config } from './config.ts';
import { Failure } from './errors.ts';
import { stringifyJson } from './fhir/lossless-json.ts';
import { checkDecisionMaps } from './library/check-decision-maps.ts';
import { readDecisions } from './library/decision-files.ts';
import { buildDecisionTrust, type TrustConfig } from './library/decision-trust.ts';
import {
  type EarlierVersions,
  readEarlierCriteria,
  readEarlierProtocols,
} from './library/earlier-versions.ts';
import { checkGoldenCases } from './library/golden-cases.ts';
import { type InboundProfiles, readInboundProfiles } from './library/inbound-profiles.ts';
import { type LibraryFile, listFolders, readJsonFiles } from './library/library-files.ts';
import type { LibraryProblem, ReportProblem } from './library/library-problem.ts';
import {
  readCriteriaSets,
  readLayerFiles,
  readProtocol,
  readStudySites,
  type StudySite,
} from './library/study-files.ts';
import type { MappingFiles, SiteMappingFiles, StudyMappingFiles } from './mapping/compile-mappings.ts';
import { findSiteConflicts } from './mapping/layer-overlaps.ts';
import { createMapper, type Mapper } from './mapping/mapper.ts';
import { MappingFailure } from './mapping/mapping-failure.ts';
import { createSuggester, type Suggester } from './mapping/suggest/suggester.ts';
import { findShareableProblems } from './mapping/view/shareable-profile.ts';
import type { DecisionTrust } from './signatures/check-decision.ts';
import type { CriteriaSet } from './trial/criteria/criteria-set.ts';
import { checkDefinitionReferences } from './trial/criteria/definition-references.ts';
import type { Protocol } from './trial/protocol.ts';

/** The study rules and the mappings, read once and checked. */
export interface Library extends InboundProfiles {
  readonly mapper: Mapper;
  readonly criteria: ReadonlyMap<string, CriteriaSet>;
  readonly protocols: ReadonlyMap<string, Protocol>;
  /** All criteria sets as each study uses them: its own take precedence over general ones of the same id. */
  readonly studyCriteria: ReadonlyMap<string, ReadonlyMap<string, CriteriaSet>>;
  /** Earlier versions of criteria sets and protocols by study, to compare with; `null` is every study. */
  readonly earlierVersions: ReadonlyMap<string | null, EarlierVersions>;
  /** Study data that no EHR can send (registry.json), unchecked: the exports that need them report missing fields. */
  readonly registries: ReadonlyMap<string, unknown>;
  /** IANA time zone of each site that a study's folder names. */
  readonly timeZones: ReadonlyMap<string, string>;
  /** ISO 3166-1 alpha-3 code of each site whose folder states it. */
  readonly countries: ReadonlyMap<string, string>;
  /** The mapping files as read. */
  readonly mappingFiles: MappingFiles;
  /** Suggests mappings for held resources; built on first use. */
  suggester(): Suggester;
  /** Change whenever a mapping changes, and whenever a rule by which subjects are assessed does. */
  readonly digests: { readonly mappings: string; readonly rules: string };
}

/** Where the library is. Without `dataDir` no decisions on work items are read. */
export type LibraryFolders = Pick<Config, 'mappingsDir' | 'studiesDir'> & {
  readonly dataDir?: string;
} & Partial<TrustConfig>;

/** Options of reading: `decided` replaces the decisions on disk; `runCases` runs the golden cases too. */
interface LibraryOptions {
  readonly decided?: readonly SiteMappingFiles[];
  readonly runCases?: boolean;
}

/** Reads the library. Throws `library/invalid` with the first problem: no subject is assessed by part of a library. */
export function readLibrary(folders: LibraryFolders, options: LibraryOptions = {}): Library {
  const { library, problems } = inspectLibrary(folders, options);
  const [first] = problems;
  if (library && !first) return library;
  const { file = folders.mappingsDir, at = '', message = 'cannot be read', fix = 'Run check.' } = first ?? {};
  throw new Failure('library/invalid', `${file}: ${message}`, { at: at || file, fix });
}

/** Reads the library and reports everything that is wrong with it; `library` is null where it cannot be used. */
export function inspectLibrary(
  folders: LibraryFolders,
  options: LibraryOptions = {},
): { readonly library: Library | null; readonly problems: readonly LibraryProblem[] } {
  const problems: LibraryProblem[] = [];
  const report: ReportProblem = (problem) => problems.push(problem);
  const readFolder = (folder: string) => readJsonFiles(folders.mappingsDir, folder, report);
  const criteriaFiles = readFolder('criteria');
  const criteria = readCriteriaSets(criteriaFiles, report);
  reportBrokenReferences(criteria, 'criteria', report);
  const profiles = readInboundProfiles(report);
  const { protocols, studyCriteria, earlier, registries, ruleFiles, studies, sites } = readStudies(
    folders,
    criteria,
    report,
  );
  const general = readEarlierCriteria(folders.mappingsDir, 'criteria', criteria.values(), report);
  const earlierVersions = new Map([...earlier, [null, { criteria: general, protocols: [] }] as const]);
  const mappingFiles: MappingFiles = {
    views: readFolder('views'),
    concepts: readFolder('concepts'),
    units: readFolder('units'),
    site: sites,
    study: studies,
    decided: options.decided ?? readDecisions(folders.dataDir, report),
  };
  checkDecisionMaps(mappingFiles.decided ?? [], buildFolderTrust(folders), report);
  reportUnshareableViews(mappingFiles, report);
  const mapper = tryOrReport(() => {
    const created = createMapper(mappingFiles);
    reportConflicts(mappingFiles, report);
    return created;
  }, report);
  if (mapper && options.runCases) checkGoldenCases(folders, mapper, report);
  const timeZones = new Map(sites.map(({ site, timeZone }) => [site, timeZone]));
  const countries = new Map(sites.flatMap(({ site, country }) => (country ? [[site, country]] : [])));
  const digests = {
    mappings: computeDigest([mappingFiles, [...timeZones]]),
    rules: computeDigest([criteriaFiles, ruleFiles, [...timeZones]]),
  };
  const library = mapper &&
    profiles && {
      mapper,
      ...profiles,
      criteria,
      protocols,
      studyCriteria,
      earlierVersions,
      registries,
      timeZones,
      countries,
      mappingFiles,
      digests,
      suggester: createLazySuggester(mappingFiles),
    };
  return { library, problems };
}

/** Builds the trust of the folders' configuration. */
const buildFolderTrust = ({
  keysDir = '',
  people = [],
  signIn = null,
  unsignedDecisionsBefore = null,
}: LibraryFolders): DecisionTrust => buildDecisionTrust({ keysDir, people, signIn, unsignedDecisionsBefore });

interface LoadedStudies {
  readonly protocols: Map<string, Protocol>;
  readonly studyCriteria: Map<string, ReadonlyMap<string, CriteriaSet>>;
  readonly earlier: Map<string | null, EarlierVersions>;
  readonly registries: Map<string, unknown>;
  /** The files of the protocols and of the studies' own criteria sets. */
  readonly ruleFiles: LibraryFile[];
  readonly studies: StudyMappingFiles[];
  readonly sites: StudySite[];
}

function readStudies(
  { mappingsDir, studiesDir }: LibraryFolders,
  criteria: ReadonlyMap<string, CriteriaSet>,
  report: ReportProblem,
): LoadedStudies {
  const protocols = new Map<string, Protocol>();
  const studyCriteria = new Map<string, ReadonlyMap<string, CriteriaSet>>();
  const earlier = new Map<string | null, EarlierVersions>();
  const registries = new Map<string, unknown>();
  const ruleFiles: LibraryFile[] = [];
  const studies: StudyMappingFiles[] = [];
  const sites: StudySite[] = [];
  for (const study of listFolders(studiesDir)) {
    const folder = relative(mappingsDir, join(studiesDir, study));
    const studyFiles = readJsonFiles(mappingsDir, folder, report);
    const criteriaFiles = readJsonFiles(mappingsDir, join(folder, 'criteria'), report);
    ruleFiles.push(...studyFiles, ...criteriaFiles);
    const ownSets = readCriteriaSets(criteriaFiles, report);
    const sets = new Map([...criteria, ...ownSets]);
    if (criteriaFiles.length > 0) reportBrokenReferences(sets, join(folder, 'criteria'), report);
    studyCriteria.set(study, sets);
    const protocol = readProtocol(studyFiles, study, sets, report);
    if (protocol) protocols.set(study, protocol);
    earlier.set(study, {
      criteria: readEarlierCriteria(mappingsDir, join(folder, 'criteria'), ownSets.values(), report),
      protocols: readEarlierProtocols(mappingsDir, folder, protocol, report),
    });
    const registry = studyFiles.find(({ file }) => basename(file) === 'registry.json');
    if (registry) registries.set(study, registry.json);
    studies.push({ study, ...readLayerFiles(mappingsDir, folder, report) });
    sites.push(...readStudySites(mappingsDir, study, folder, report));
  }
  return { protocols, studyCriteria, earlier, registries, ruleFiles, studies, sites };
}

function reportUnshareableViews(files: MappingFiles, report: ReportProblem): void {
  const views = [
    ...files.views,
    ...[...files.site, ...(files.study ?? [])].flatMap((layer) => layer.views ?? []),
  ];
  for (const { file, json } of views) {
    for (const { at, message } of findShareableProblems(json)) {
      report({ file, at, message, fix: 'Use only the Shareable subset of FHIRPath.' });
    }
  }
}

/** Selects the criteria sets of a study: its own, and the general ones that it does not replace. */
export function selectCriteriaSets(library: Library, study: string): ReadonlyMap<string, CriteriaSet> {
  return library.studyCriteria.get(study) ?? library.criteria;
}

function reportBrokenReferences(
  sets: ReadonlyMap<string, CriteriaSet>,
  file: string,
  report: ReportProblem,
): void {
  for (const { at, message, fix } of checkDefinitionReferences(sets)) report({ file, at, message, fix });
}

/** Reports codes of a hospital with two meanings: where the folders of two studies differ, one of them is wrong. */
function reportConflicts(files: MappingFiles, report: ReportProblem): void {
  for (const { site, about, sayings } of findSiteConflicts(files)) {
    const [first, ...others] = sayings;
    if (!first) continue;
    const contradictions = others.map((other) => `${other.file} maps it to ${other.says}`).join(', ');
    report({
      file: first.file,
      at: about,
      message: `is mapped to ${first.says} at ${site}, and ${contradictions}.`,
      fix: 'A site is one hospital: make its folders agree, or keep one.',
    });
  }
}

function createLazySuggester({ concepts, units }: MappingFiles): () => Suggester {
  let suggester: Suggester | null = null;
  return () => {
    suggester ??= createSuggester(concepts, units);
    return suggester;
  };
}

const computeDigest = (value: unknown): string =>
  createHash('sha256').update(stringifyJson(value)).digest('hex').slice(0, 16);

function tryOrReport<T>(create: () => T, report: ReportProblem): T | null {
  try {
    return create();
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const { file, place } = cause instanceof MappingFailure ? cause : { file: '', place: cause.at ?? '' };
    report({ file, at: place, message: cause.message, fix: cause.fix ?? '' });
    return null;
  }
}
