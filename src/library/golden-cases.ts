import { join, relative } from 'node:path';
import { z } from 'zod';
import { toCanonicalJson } from '../fhir/lossless-json.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { MappingContext } from '../mapping/mapping-result.ts';
import { type LibraryFile, listFolders, readCaseFiles } from './library-files.ts';
import type { ReportProblem } from './library-problem.ts';

const anyObjectSchema = z.record(z.string(), z.unknown());

const caseSchema = z.strictObject({
  title: z.string().min(1),
  /** Whose dialect; the site of the folder where the file is in one. */
  site: z.string().optional(),
  timeZone: z.string().default('UTC'),
  resource: z.looseObject({ resourceType: z.string() }),
  /** In which version it is sent. */
  fhirVersion: z.enum(['4.0', '5.0']).default('4.0'),
  /** What the site has sent before, by `Type/id`. */
  sent: z.record(z.string(), z.looseObject({ resourceType: z.string() })).default({}),
  /** The rows of the file's view, in order; a column that is not named is not looked at. */
  rows: z.array(anyObjectSchema).optional(),
  /** The facts of the resource, in order; a member that is not named is not looked at. */
  facts: z.array(anyObjectSchema).default([]),
  held: z.array(z.strictObject({ reason: z.string(), element: z.string() })).default([]),
  /** The reason. */
  ignored: z.string().nullable().default(null),
});

const caseFileSchema = z.strictObject({ cases: z.array(caseSchema).min(1) });

type GoldenCase = z.infer<typeof caseSchema>;

/** Whose views the cases in a folder are about. */
interface ViewFolder {
  readonly folder: string;
  readonly study?: string;
  readonly site?: string;
}

function listViewFolders({
  mappingsDir,
  studiesDir,
}: {
  mappingsDir: string;
  studiesDir: string;
}): readonly ViewFolder[] {
  const studies = listFolders(studiesDir).flatMap((study): ViewFolder[] => {
    const folder = relative(mappingsDir, join(studiesDir, study));
    const sites = listFolders(join(studiesDir, study, 'sites'));
    return [
      { folder: join(folder, 'views'), study },
      ...sites.map((site) => ({ folder: join(folder, 'sites', site, 'views'), study, site })),
    ];
  });
  return [{ folder: 'views' }, ...studies];
}

/** Runs the golden cases beside the views (`<view>.cases.json`) and reports each difference with its place. */
export function checkGoldenCases(
  place: { readonly mappingsDir: string; readonly studiesDir: string },
  mapper: Mapper,
  report: ReportProblem,
): void {
  for (const folder of listViewFolders(place)) {
    for (const file of readCaseFiles(place.mappingsDir, folder.folder, report))
      runCaseFile(file, folder, mapper, report);
  }
}

function runCaseFile(
  { file, json }: LibraryFile,
  folder: ViewFolder,
  mapper: Mapper,
  report: ReportProblem,
): void {
  const read = caseFileSchema.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    const fix = 'Write { "cases": [ { "title", "resource", "rows", "facts", "held", "ignored" } ] }.';
    report({ file, at: `/${issue?.path.join('/') ?? ''}`, message: issue?.message ?? 'cannot be read', fix });
    return;
  }
  const view = file.replace(/\.cases\.json$/, '.json');
  for (const [i, one] of read.data.cases.entries()) {
    for (const { at, message } of findDifferences(one, folder, view, mapper)) {
      const fix = 'Mend the mapping, or the case where the mapping is right.';
      report({ file, at: `/cases/${i}${at}`, message: `"${one.title}": ${message}`, fix });
    }
  }
}

interface CaseDifference {
  readonly at: string;
  readonly message: string;
}

function findDifferences(
  one: GoldenCase,
  folder: ViewFolder,
  view: string,
  mapper: Mapper,
): readonly CaseDifference[] {
  const resource = one.resource as Resource;
  const context: MappingContext = {
    subject: 'case',
    site: one.site ?? folder.site ?? 'case',
    ...(folder.study === undefined ? {} : { study: folder.study }),
    timeZone: one.timeZone,
    fhirVersion: one.fhirVersion,
    resolve: (reference) => one.sent[reference] as Resource | undefined,
  };
  const { facts, work, ignored } = mapper.map(resource, context);
  const rows = mapper
    .trace(resource, context)
    .filter((row) => row.file === view && row.cells.length > 0)
    .map(({ cells }) => Object.fromEntries(cells.map((cell) => [cell.column, cell.value])));
  const held = work.map(({ reason, element }) => ({ reason, element }));
  return [
    ...(one.rows ? compareLists('/rows', one.rows, rows) : []),
    ...compareLists('/facts', one.facts, facts),
    ...compareLists('/held', one.held, held),
    ...compareMember('/ignored', one.ignored, ignored?.reason ?? null),
  ];
}

function compareLists(
  at: string,
  wanted: readonly object[],
  found: readonly object[],
): readonly CaseDifference[] {
  if (wanted.length !== found.length)
    return [{ at, message: `there are ${found.length}, ${wanted.length} were expected` }];
  return wanted.flatMap((one, i) =>
    Object.entries(one).flatMap(([name, value]) =>
      compareMember(`${at}/${i}/${name}`, value, (found[i] as Record<string, unknown>)[name]),
    ),
  );
}

/** Cases are written by hand and hold no patient, so their values may be told. */
function compareMember(at: string, wanted: unknown, found: unknown): readonly CaseDifference[] {
  const [a, b] = [formatCaseValue(wanted), formatCaseValue(found)];
  return a === b ? [] : [{ at, message: `is ${b}, ${a} was expected` }];
}

const formatCaseValue = (value: unknown): string =>
  value === undefined ? 'missing' : toCanonicalJson(value);
