import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import type { Config } from './config.ts';
import { Failure } from './errors.ts';
import { parseJson } from './fhir/json.ts';
import type { SiteParts } from './mapping/library-parts.ts';
import { createMapper, type Mapper } from './mapping/mapper.ts';
import { shareableProblems } from './mapping/view/shareable.ts';
import type { CriteriaSet } from './trial/criteria/criteria-set.ts';
import { parseCriteriaSet } from './trial/criteria/parse.ts';
import { checkReferences } from './trial/criteria/references.ts';
import type { Parsed } from './trial/definition.ts';
import { checkProtocolCriteria, parseProtocol } from './trial/parse-protocol.ts';
import type { Protocol } from './trial/protocol.ts';

/** What is wrong in a file of the library: the file and the place in it, what, and what to do. */
export interface LibraryProblem {
  readonly file: string;
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

/** Everything that the trial means and how EHRs speak, read once and checked. */
export interface Library {
  readonly mapper: Mapper;
  readonly criteria: ReadonlyMap<string, CriteriaSet>;
  readonly protocols: ReadonlyMap<string, Protocol>;
  /** All criteria sets as each study sees them: its own go before the general ones of the same name. */
  readonly studyCriteria: ReadonlyMap<string, ReadonlyMap<string, CriteriaSet>>;
  /** IANA time zone of each site that a study's folder names. */
  readonly timeZones: ReadonlyMap<string, string>;
}

type Report = (problem: LibraryProblem) => void;

interface File {
  /** Relative to the mappings folder. */
  readonly file: string;
  readonly json: unknown;
}

const SiteFile = z.strictObject({
  site: z.string().min(1),
  timeZone: z.string().min(1),
  says: z.string().optional(),
});

/** Reads the library and stops at the first problem, as a `library/invalid` Failure: nobody is judged by half of it. */
export function readLibrary(config: Pick<Config, 'mappingsDir' | 'studiesDir'>): Library {
  const { library, problems } = inspectLibrary(config);
  const [first] = problems;
  if (library && !first) return library;
  const { file = config.mappingsDir, at = '', message = 'cannot be read', fix = 'Run check.' } = first ?? {};
  throw new Failure('library/invalid', `${file}: ${message}`, { at: at || file, fix });
}

/** Reads the library and tells everything that is wrong with it. */
export function inspectLibrary(config: Pick<Config, 'mappingsDir' | 'studiesDir'>): {
  readonly library: Library | null;
  readonly problems: readonly LibraryProblem[];
} {
  const problems: LibraryProblem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const read = (folder: string) => jsonFiles(config.mappingsDir, folder, report);
  const views = read('views');
  for (const { file, json } of views) {
    for (const { at, message } of shareableProblems(json)) {
      report({ file, at, message, fix: 'Keep to the Shareable subset of FHIRPath.' });
    }
  }
  const criteria = criteriaOf(read('criteria'), report);
  reportReferences(criteria, 'criteria', report);
  const studies = foldersIn(config.studiesDir);
  const protocols = new Map<string, Protocol>();
  const studyCriteria = new Map<string, ReadonlyMap<string, CriteriaSet>>();
  const sites = studies.flatMap((study) => {
    const folder = relative(config.mappingsDir, join(config.studiesDir, study));
    const own = criteriaOf(read(join(folder, 'criteria')), report);
    const sets = new Map([...criteria, ...own]);
    if (own.size > 0) reportReferences(sets, join(folder, 'criteria'), report);
    const protocol = protocolOf(read(folder), study, sets, report);
    if (protocol) protocols.set(study, protocol);
    studyCriteria.set(study, sets);
    return sitesOf(config, folder, report);
  });
  const parts = { views, concepts: read('concepts'), units: read('units'), site: sites };
  const mapper = attempt(() => createMapper(parts), report);
  const timeZones = new Map(sites.map(({ site, timeZone }) => [site, timeZone]));
  return { library: mapper ? { mapper, criteria, protocols, studyCriteria, timeZones } : null, problems };
}

/** The criteria sets by which a study is judged: its own, and the general ones that it does not replace. */
export function criteriaFor(library: Library, study: string): ReadonlyMap<string, CriteriaSet> {
  return library.studyCriteria.get(study) ?? library.criteria;
}

function reportReferences(sets: ReadonlyMap<string, CriteriaSet>, file: string, report: Report): void {
  for (const { at, message, fix } of checkReferences(sets)) report({ file, at, message, fix });
}

function foldersIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** The JSON files directly in a folder, cases beside them left out; a file that is no JSON is a problem. */
function jsonFiles(root: string, folder: string, report: Report): readonly File[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith('.json') && !name.endsWith('.cases.json'))
    .sort()
    .flatMap((name) => {
      const file = join(folder, name);
      try {
        return [{ file, json: parseJson(readFileSync(join(path, name), 'utf8')) }];
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : 'not JSON';
        report({ file, at: '', message, fix: 'Write one JSON value.' });
        return [];
      }
    });
}

function parsedOr<T>(parsed: Parsed<T>, file: string, report: Report): T | null {
  if ('value' in parsed) return parsed.value;
  for (const { at, message, fix } of parsed.problems)
    report({ file, at: at.replace(`${file}#`, ''), message, fix });
  return null;
}

function criteriaOf(files: readonly File[], report: Report): ReadonlyMap<string, CriteriaSet> {
  const sets = new Map<string, CriteriaSet>();
  for (const { file, json } of files) {
    const set = parsedOr(parseCriteriaSet(json, file), file, report);
    if (set && sets.has(set.id))
      report({ file, at: '/id', message: `${set.id} is defined twice`, fix: 'Keep one.' });
    if (set) sets.set(set.id, set);
  }
  return sets;
}

function protocolOf(
  files: readonly File[],
  study: string,
  criteria: ReadonlyMap<string, CriteriaSet>,
  report: Report,
): Protocol | null {
  const found = files.find(({ file }) => file.endsWith('protocol.json'));
  if (!found) {
    report({
      file: join('studies', study),
      at: '',
      message: 'has no protocol.json',
      fix: 'Add it, see msc-aa.',
    });
    return null;
  }
  const { file, json } = found;
  const protocol = parsedOr(parseProtocol(json, file), file, report);
  if (!protocol) return null;
  if (protocol.id !== study)
    report({ file, at: '/id', message: 'is not the name of its folder', fix: `Use ${study}.` });
  for (const { at, message, fix } of checkProtocolCriteria(protocol, criteria))
    report({ file, at, message, fix });
  return protocol;
}

function sitesOf(
  config: Pick<Config, 'mappingsDir' | 'studiesDir'>,
  studyFolder: string,
  report: Report,
): readonly (SiteParts & { readonly timeZone: string })[] {
  const folder = join(studyFolder, 'sites');
  return foldersIn(join(config.mappingsDir, folder)).flatMap((site) => {
    const at = join(folder, site);
    const files = jsonFiles(config.mappingsDir, at, report);
    const timeZone = timeZoneOf(files, at, site, report);
    if (timeZone === null) return [];
    const concepts = jsonFiles(config.mappingsDir, join(at, 'concepts'), report);
    return [{ site, timeZone, concepts, units: jsonFiles(config.mappingsDir, join(at, 'units'), report) }];
  });
}

function timeZoneOf(files: readonly File[], folder: string, site: string, report: Report): string | null {
  const file = join(folder, 'site.json');
  const read = SiteFile.safeParse(files.find((each) => each.file === file)?.json);
  if (!read.success) {
    const at = read.error.issues[0]?.path.join('/') ?? '';
    const fix = 'Write { "site": …, "timeZone": "Asia/Shanghai", "says": … }.';
    report({ file, at, message: read.error.issues[0]?.message ?? 'cannot be read', fix });
    return null;
  }
  const { timeZone } = read.data;
  if (read.data.site !== site)
    report({ file, at: 'site', message: 'is not the name of its folder', fix: `Use ${site}.` });
  if (isTimeZone(timeZone)) return timeZone;
  report({
    file,
    at: 'timeZone',
    message: `${timeZone} is no IANA time zone`,
    fix: 'Use one such as Asia/Shanghai.',
  });
  return null;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

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
