import { basename, join } from 'node:path';
import { z } from 'zod';
import type { SiteMappingFiles, StudyMappingFiles } from '../mapping/compile-mappings.ts';
import { type CriteriaSet, parseCriteriaSet } from './formats/criteria-set-schema.ts';
import type { ParseResult } from './formats/parse-definition.ts';
import { type Protocol, parseProtocol } from './formats/protocol-schema.ts';
import { type LibraryFile, listFolders, readJsonFiles } from './library-files.ts';
import type { ReportProblem } from './library-problem.ts';
import { checkProtocolCriteria } from './protocol-criteria.ts';

const siteFileSchema = z.strictObject({
  site: z.string().min(1),
  timeZone: z.string().min(1),
  /** ISO 3166-1 alpha-3, of the hospital: registries ask for the country of enrolment, not of residence. */
  country: z
    .string()
    .regex(/^[A-Z]{3}$/, 'is not an ISO 3166-1 alpha-3 code such as CHN')
    .optional(),
  says: z.string().optional(),
});

/** Returns the parsed value, or reports every problem of the file and returns null. */
export function unwrapOrReport<T>(parsed: ParseResult<T>, file: string, report: ReportProblem): T | null {
  if ('value' in parsed) return parsed.value;
  for (const { at, message, fix } of parsed.problems)
    report({ file, at: at.replace(`${file}#`, ''), message, fix });
  return null;
}

/** Parses the criteria sets of these files, and reports their problems. */
export function parseCriteriaFiles(
  files: readonly LibraryFile[],
  report: ReportProblem,
): readonly CriteriaSet[] {
  return files.flatMap(({ file, json }) => unwrapOrReport(parseCriteriaSet(json, file), file, report) ?? []);
}

/** Reads the criteria sets by id, and reports their problems. */
export function readCriteriaSets(
  files: readonly LibraryFile[],
  report: ReportProblem,
): ReadonlyMap<string, CriteriaSet> {
  const sets = new Map<string, CriteriaSet>();
  for (const file of files) {
    const [set] = parseCriteriaFiles([file], report);
    if (set && sets.has(set.id))
      report({ file: file.file, at: '/id', message: `${set.id} is defined twice`, fix: 'Keep one.' });
    if (set) sets.set(set.id, set);
  }
  return sets;
}

/** Reads the study's protocol and checks it against the criteria; null where there is none that can be used. */
export function readProtocol(
  files: readonly LibraryFile[],
  study: string,
  criteria: ReadonlyMap<string, CriteriaSet>,
  report: ReportProblem,
): Protocol | null {
  const found = files.find(({ file }) => basename(file) === 'protocol.json');
  if (!found) {
    report({
      file: join('studies', study),
      at: '',
      message: 'has no protocol.json',
      fix: 'Add it, as mappings/protocol.schema.json describes.',
    });
    return null;
  }
  const { file, json } = found;
  const protocol = unwrapOrReport(parseProtocol(json, file), file, report);
  if (!protocol) return null;
  if (protocol.id !== study)
    report({ file, at: '/id', message: 'is not the name of its folder', fix: `Use ${study}.` });
  for (const { at, message, fix } of checkProtocolCriteria(protocol, criteria))
    report({ file, at, message, fix });
  return protocol;
}

/** A study's folder for one site. */
export interface StudySite extends SiteMappingFiles {
  readonly study: string;
  readonly timeZone: string;
  /** ISO 3166-1 alpha-3; null where the folder does not state it. */
  readonly country: string | null;
}

/** Reads the mappings that a study's or site's folder defines differently. */
export function readLayerFiles(
  root: string,
  folder: string,
  report: ReportProblem,
): Omit<StudyMappingFiles, 'study'> {
  const read = (inner: string) => readJsonFiles(root, join(folder, inner), report);
  return { views: read('views'), concepts: read('concepts'), units: read('units') };
}

/** Reads the sites that the study's folder names, each with its time zone and its own mappings. */
export function readStudySites(
  root: string,
  study: string,
  studyFolder: string,
  report: ReportProblem,
): readonly StudySite[] {
  const folder = join(studyFolder, 'sites');
  return listFolders(join(root, folder)).flatMap((site) => {
    const at = join(folder, site);
    const place = readSiteFile(readJsonFiles(root, at, report), at, site, report);
    return place === null ? [] : [{ study, site, ...place, ...readLayerFiles(root, at, report) }];
  });
}

/** Reads a site's time zone and country from its site.json; null where that cannot be used. */
function readSiteFile(
  files: readonly LibraryFile[],
  folder: string,
  site: string,
  report: ReportProblem,
): Pick<StudySite, 'timeZone' | 'country'> | null {
  const file = join(folder, 'site.json');
  const read = siteFileSchema.safeParse(files.find((other) => other.file === file)?.json);
  if (!read.success) {
    const at = read.error.issues[0]?.path.join('/') ?? '';
    const fix = 'Write { "site": …, "timeZone": "Asia/Shanghai", "country": "CHN", "says": … }.';
    report({ file, at, message: read.error.issues[0]?.message ?? 'cannot be read', fix });
    return null;
  }
  const { timeZone, country = null } = read.data;
  if (read.data.site !== site)
    report({ file, at: 'site', message: 'is not the name of its folder', fix: `Use ${site}.` });
  if (isTimeZone(timeZone)) return { timeZone, country };
  report({
    file,
    at: 'timeZone',
    message: `${timeZone} is not an IANA time zone`,
    fix: 'Use one such as Asia/Shanghai.',
  });
  return null;
}

/** Names that were looked up: many sites share few time zones, and a look-up takes a millisecond. */
const knownTimeZones = new Map<string, boolean>();

function isTimeZone(name: string): boolean {
  const known = knownTimeZones.get(name) ?? canFormatIn(name);
  knownTimeZones.set(name, known);
  return known;
}

function canFormatIn(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
