import { createHash } from 'node:crypto';
import { basename, join, relative } from 'node:path';
import type { Config } from './config.ts';
import { Failure } from './errors.ts';
import { stringifyJson } from './fhir/lossless-json.ts';
import { readDecisions } from './library/decision-files.ts';
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
import type { CriteriaSet } from './trial/criteria/criteria-set.ts';
import { checkDefinitionReferences } from './trial/criteria/definition-references.ts';
import type { Protocol } from './trial/protocol.ts';

/** Everything that the trial means and how EHRs speak, read once and checked. */
export interface Library extends InboundProfiles {
  readonly mapper: Mapper;
  readonly criteria: ReadonlyMap<string, CriteriaSet>;
  readonly protocols: ReadonlyMap<string, Protocol>;
  /** All criteria sets as each study sees them: its own go before the general ones of the same name. */
  readonly studyCriteria: ReadonlyMap<string, ReadonlyMap<string, CriteriaSet>>;
  /** What no EHR knows of a study (registry.json), unchecked: the exports that need it say what is missing. */
  readonly registries: ReadonlyMap<string, unknown>;
  /** IANA time zone of each site that a study's folder names. */
  readonly timeZones: ReadonlyMap<string, string>;
  /** ISO 3166-1 alpha-3 of each site whose folder says it. */
  readonly countries: ReadonlyMap<string, string>;
  /** The mappings as they were read. */
  readonly mappingFiles: MappingFiles;
  /** What may be suggested for what is held; built when it is first asked for. */
  suggester(): Suggester;
  /** Changes whenever a mapping changes, and whenever a rule by which subjects are judged does. */
  readonly digests: { readonly mappings: string; readonly rules: string };
}

/** Where the library is. Without `dataDir` nothing that people decided counts. */
export type LibraryFolders = Pick<Config, 'mappingsDir' | 'studiesDir'> & { readonly dataDir?: string };

/** How to read it: `decided` in place of the decisions on disk; `cases`: run the golden cases too. */
export interface LibraryOptions {
  readonly decided?: readonly SiteMappingFiles[];
  readonly runCases?: boolean;
}

/** Reads the library and stops at the first problem, as a `library/invalid` Failure: nobody is judged by half of it. */
export function readLibrary(place: LibraryFolders, reading: LibraryOptions = {}): Library {
  const { library, problems } = inspectLibrary(place, reading);
  const [first] = problems;
  if (library && !first) return library;
  const { file = place.mappingsDir, at = '', message = 'cannot be read', fix = 'Run check.' } = first ?? {};
  throw new Failure('library/invalid', `${file}: ${message}`, { at: at || file, fix });
}

/** Reads the library and tells everything that is wrong with it. */
export function inspectLibrary(
  place: LibraryFolders,
  reading: LibraryOptions = {},
): { readonly library: Library | null; readonly problems: readonly LibraryProblem[] } {
  const problems: LibraryProblem[] = [];
  const report: ReportProblem = (problem) => problems.push(problem);
  const read = (folder: string) => readJsonFiles(place.mappingsDir, folder, report);
  const criteriaFiles = read('criteria');
  const criteria = readCriteriaSets(criteriaFiles, report);
  reportBrokenReferences(criteria, 'criteria', report);
  const asking = readInboundProfiles(report);
  const {
    protocols,
    studyCriteria,
    registries,
    ruleFiles: files,
    studies,
    sites,
  } = readStudies(place, criteria, report);
  const parts: MappingFiles = {
    views: read('views'),
    concepts: read('concepts'),
    units: read('units'),
    site: sites,
    study: studies,
    decided: reading.decided ?? readDecisions(place.dataDir, report),
  };
  reportUnshareableViews(parts, report);
  const mapper = tryOrReport(() => {
    const made = createMapper(parts);
    reportConflicts(parts, report);
    return made;
  }, report);
  if (mapper && reading.runCases) checkGoldenCases(place, mapper, report);
  const timeZones = new Map(sites.map(({ site, timeZone }) => [site, timeZone]));
  const countries = new Map(sites.flatMap(({ site, country }) => (country ? [[site, country]] : [])));
  const digests = {
    mappings: computeDigest([parts, [...timeZones]]),
    rules: computeDigest([criteriaFiles, files, [...timeZones]]),
  };
  const library = mapper &&
    asking && {
      mapper,
      ...asking,
      criteria,
      protocols,
      studyCriteria,
      registries,
      timeZones,
      countries,
      mappingFiles: parts,
      digests,
      suggester: createLazySuggester(parts),
    };
  return { library, problems };
}

interface LoadedStudies {
  readonly protocols: Map<string, Protocol>;
  readonly studyCriteria: Map<string, ReadonlyMap<string, CriteriaSet>>;
  readonly registries: Map<string, unknown>;
  /** What the protocols and the studies' own criteria sets were read from. */
  readonly ruleFiles: LibraryFile[];
  readonly studies: StudyMappingFiles[];
  readonly sites: StudySite[];
}

function readStudies(
  place: LibraryFolders,
  criteria: ReadonlyMap<string, CriteriaSet>,
  report: ReportProblem,
): LoadedStudies {
  const { mappingsDir: root, studiesDir } = place;
  const protocols = new Map<string, Protocol>();
  const studyCriteria = new Map<string, ReadonlyMap<string, CriteriaSet>>();
  const registries = new Map<string, unknown>();
  const files: LibraryFile[] = [];
  const studies: StudyMappingFiles[] = [];
  const sites: StudySite[] = [];
  for (const study of listFolders(studiesDir)) {
    const folder = relative(root, join(studiesDir, study));
    const own = readJsonFiles(root, folder, report);
    const ownSets = readJsonFiles(root, join(folder, 'criteria'), report);
    files.push(...own, ...ownSets);
    const sets = new Map([...criteria, ...readCriteriaSets(ownSets, report)]);
    if (ownSets.length > 0) reportBrokenReferences(sets, join(folder, 'criteria'), report);
    studyCriteria.set(study, sets);
    const protocol = readProtocol(own, study, sets, report);
    if (protocol) protocols.set(study, protocol);
    const registry = own.find(({ file }) => basename(file) === 'registry.json');
    if (registry) registries.set(study, registry.json);
    studies.push({ study, ...readLayerFiles(root, folder, report) });
    sites.push(...readStudySites(root, study, folder, report));
  }
  return { protocols, studyCriteria, registries, ruleFiles: files, studies, sites };
}

function reportUnshareableViews(parts: MappingFiles, report: ReportProblem): void {
  const views = [...parts.views, ...[...parts.site, ...(parts.study ?? [])].flatMap((p) => p.views ?? [])];
  for (const { file, json } of views) {
    for (const { at, message } of findShareableProblems(json)) {
      report({ file, at, message, fix: 'Keep to the Shareable subset of FHIRPath.' });
    }
  }
}

/** The criteria sets by which a study is judged: its own, and the general ones that it does not replace. */
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

/** A hospital's code cannot mean two things: where the folders of two studies say so, one of them is wrong. */
function reportConflicts(parts: MappingFiles, report: ReportProblem): void {
  for (const { site, about, sayings } of findSiteConflicts(parts)) {
    const [first, ...others] = sayings;
    if (!first) continue;
    const said = others.map((s) => `${s.file} says ${s.says}`).join(', ');
    report({
      file: first.file,
      at: about,
      message: `says ${first.says} at ${site}, and ${said}.`,
      fix: 'A site is one hospital: let its folders agree, or keep one.',
    });
  }
}

function createLazySuggester(parts: MappingFiles): () => Suggester {
  let made: Suggester | null = null;
  return () => {
    made ??= createSuggester(parts.concepts, parts.units);
    return made;
  };
}

const computeDigest = (value: unknown): string =>
  createHash('sha256').update(stringifyJson(value)).digest('hex').slice(0, 16);

function tryOrReport<T>(work: () => T, report: ReportProblem): T | null {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const { file, place: at } = cause instanceof MappingFailure ? cause : { file: '', place: cause.at ?? '' };
    report({ file, at, message: cause.message, fix: cause.fix ?? '' });
    return null;
  }
}
