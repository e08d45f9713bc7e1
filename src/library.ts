import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import type { Config } from './config.ts';
import { Failure } from './errors.ts';
import { stringifyJson } from './fhir/json.ts';
import { casesHold } from './library/cases.ts';
import { decisionsIn } from './library/decisions.ts';
import { foldersIn, jsonFiles, type LibraryFile } from './library/files.ts';
import type { LibraryProblem, Report } from './library/problem.ts';
import { type Asking, profilesAsked } from './library/profiles.ts';
import { criteriaOf, layerIn, protocolOf, type StudySite, sitesOf } from './library/studies.ts';
import { conflictsOf } from './mapping/layers.ts';
import type { MappingParts, SiteParts, StudyParts } from './mapping/library-parts.ts';
import { createMapper, type Mapper } from './mapping/mapper.ts';
import { createSuggester, type Suggester } from './mapping/suggest.ts';
import { shareableProblems } from './mapping/view/shareable.ts';
import type { CriteriaSet } from './trial/criteria/criteria-set.ts';
import { checkReferences } from './trial/criteria/references.ts';
import type { Protocol } from './trial/protocol.ts';

/** Everything that the trial means and how EHRs speak, read once and checked. */
export interface Library extends Asking {
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
  readonly parts: MappingParts;
  /** What may be suggested for what is held; built when it is first asked for. */
  suggester(): Suggester;
  /** Changes whenever a mapping changes, and whenever a rule by which subjects are judged does. */
  readonly digests: { readonly mappings: string; readonly rules: string };
}

/** Where the library is. Without `dataDir` nothing that people decided counts. */
export type LibraryPlace = Pick<Config, 'mappingsDir' | 'studiesDir'> & { readonly dataDir?: string };

/** How to read it: `decided` in place of the decisions on disk; `cases`: run the golden cases too. */
export interface Reading {
  readonly decided?: readonly SiteParts[];
  readonly cases?: boolean;
}

/** Reads the library and stops at the first problem, as a `library/invalid` Failure: nobody is judged by half of it. */
export function readLibrary(place: LibraryPlace, reading: Reading = {}): Library {
  const { library, problems } = inspectLibrary(place, reading);
  const [first] = problems;
  if (library && !first) return library;
  const { file = place.mappingsDir, at = '', message = 'cannot be read', fix = 'Run check.' } = first ?? {};
  throw new Failure('library/invalid', `${file}: ${message}`, { at: at || file, fix });
}

/** Reads the library and tells everything that is wrong with it. */
export function inspectLibrary(
  place: LibraryPlace,
  reading: Reading = {},
): { readonly library: Library | null; readonly problems: readonly LibraryProblem[] } {
  const problems: LibraryProblem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const read = (folder: string) => jsonFiles(place.mappingsDir, folder, report);
  const criteriaFiles = read('criteria');
  const criteria = criteriaOf(criteriaFiles, report);
  reportReferences(criteria, 'criteria', report);
  const asking = profilesAsked(report);
  const { protocols, studyCriteria, registries, files, studies, sites } = studiesIn(place, criteria, report);
  const parts: MappingParts = {
    views: read('views'),
    concepts: read('concepts'),
    units: read('units'),
    site: sites,
    study: studies,
    decided: reading.decided ?? decisionsIn(place.dataDir, report),
  };
  checkViews(parts, report);
  const mapper = attempt(() => {
    const made = createMapper(parts);
    reportConflicts(parts, report);
    return made;
  }, report);
  if (mapper && reading.cases) casesHold(place, mapper, report);
  const timeZones = new Map(sites.map(({ site, timeZone }) => [site, timeZone]));
  const countries = new Map(sites.flatMap(({ site, country }) => (country ? [[site, country]] : [])));
  const digests = {
    mappings: digestOf([parts, [...timeZones]]),
    rules: digestOf([criteriaFiles, files, [...timeZones]]),
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
      parts,
      digests,
      suggester: once(parts),
    };
  return { library, problems };
}

interface Studies {
  readonly protocols: Map<string, Protocol>;
  readonly studyCriteria: Map<string, ReadonlyMap<string, CriteriaSet>>;
  readonly registries: Map<string, unknown>;
  /** What the protocols and the studies' own criteria sets were read from. */
  readonly files: LibraryFile[];
  readonly studies: StudyParts[];
  readonly sites: StudySite[];
}

function studiesIn(place: LibraryPlace, criteria: ReadonlyMap<string, CriteriaSet>, report: Report): Studies {
  const { mappingsDir: root, studiesDir } = place;
  const protocols = new Map<string, Protocol>();
  const studyCriteria = new Map<string, ReadonlyMap<string, CriteriaSet>>();
  const registries = new Map<string, unknown>();
  const files: LibraryFile[] = [];
  const studies: StudyParts[] = [];
  const sites: StudySite[] = [];
  for (const study of foldersIn(studiesDir)) {
    const folder = relative(root, join(studiesDir, study));
    const own = jsonFiles(root, folder, report);
    const ownSets = jsonFiles(root, join(folder, 'criteria'), report);
    files.push(...own, ...ownSets);
    const sets = new Map([...criteria, ...criteriaOf(ownSets, report)]);
    if (ownSets.length > 0) reportReferences(sets, join(folder, 'criteria'), report);
    studyCriteria.set(study, sets);
    const protocol = protocolOf(own, study, sets, report);
    if (protocol) protocols.set(study, protocol);
    const registry = own.find(({ file }) => file.endsWith('registry.json'));
    if (registry) registries.set(study, registry.json);
    studies.push({ study, ...layerIn(root, folder, report) });
    sites.push(...sitesOf(root, study, folder, report));
  }
  return { protocols, studyCriteria, registries, files, studies, sites };
}

function checkViews(parts: MappingParts, report: Report): void {
  const views = [...parts.views, ...[...parts.site, ...(parts.study ?? [])].flatMap((p) => p.views ?? [])];
  for (const { file, json } of views) {
    for (const { at, message } of shareableProblems(json)) {
      report({ file, at, message, fix: 'Keep to the Shareable subset of FHIRPath.' });
    }
  }
}

/** The criteria sets by which a study is judged: its own, and the general ones that it does not replace. */
export function criteriaFor(library: Library, study: string): ReadonlyMap<string, CriteriaSet> {
  return library.studyCriteria.get(study) ?? library.criteria;
}

function reportReferences(sets: ReadonlyMap<string, CriteriaSet>, file: string, report: Report): void {
  for (const { at, message, fix } of checkReferences(sets)) report({ file, at, message, fix });
}

/** A hospital's code cannot mean two things: where the folders of two studies say so, one of them is wrong. */
function reportConflicts(parts: MappingParts, report: Report): void {
  for (const { site, about, sayings } of conflictsOf(parts)) {
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

function once(parts: MappingParts): () => Suggester {
  let made: Suggester | null = null;
  return () => {
    made ??= createSuggester(parts.concepts, parts.units);
    return made;
  };
}

const digestOf = (value: unknown): string =>
  createHash('sha256').update(stringifyJson(value)).digest('hex').slice(0, 16);

function attempt<T>(work: () => T, report: Report): T | null {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const [file = '', at = ''] = (cause.at ?? '').split(': ', 2);
    report({ file, at, message: cause.message, fix: cause.fix ?? '' });
    return null;
  }
}
