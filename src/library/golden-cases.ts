import { join, relative } from 'node:path';
import { z } from 'zod';
import { toCanonicalJson } from '../fhir/canonical-json.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { MappingContext } from '../mapping/mapping-result.ts';
import { type LibraryFile, listFolders, readCaseFiles } from './library-files.ts';
import type { ReportProblem } from './library-problem.ts';

const anyObjectSchema = z.record(z.string(), z.unknown());

const caseSchema = z.strictObject({
  title: z.string().min(1),
  /** The site whose mappings apply; for a file in a site's folder, that site. */
  site: z.string().optional(),
  timeZone: z.string().default('UTC'),
  resource: z.looseObject({ resourceType: z.string() }),
  /** The FHIR version in which it is sent. */
  fhirVersion: z.enum(['4.0', '5.0']).default('4.0'),
  /** The resources that the site sent before, by `Type/id`. */
  sent: z.record(z.string(), z.looseObject({ resourceType: z.string() })).default({}),
  /** The rows of the file's view, in order; columns that are not named are not compared. */
  rows: z.array(anyObjectSchema).optional(),
  /** The facts of the resource, in order; members that are not named are not compared. */
  facts: z.array(anyObjectSchema).default([]),
  held: z.array(z.strictObject({ reason: z.string(), element: z.string() })).default([]),
  /** The reason for which the resource is ignored; null where it is not. */
  ignored: z.string().nullable().default(null),
});

const caseFileSchema = z.strictObject({ cases: z.array(caseSchema).min(1) });

type GoldenCase = z.infer<typeof caseSchema>;

/** A folder of views, with the study and site it belongs to. */
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

/** Runs the golden cases next to the views (`<view>.cases.json`) and reports each difference with its place. */
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
  for (const [i, goldenCase] of read.data.cases.entries()) {
    for (const { at, message } of findDifferences(goldenCase, folder, view, mapper)) {
      const fix = 'Correct the mapping, or the case where the mapping is right.';
      report({ file, at: `/cases/${i}${at}`, message: `"${goldenCase.title}": ${message}`, fix });
    }
  }
}

interface CaseDifference {
  readonly at: string;
  readonly message: string;
}

function findDifferences(
  goldenCase: GoldenCase,
  folder: ViewFolder,
  view: string,
  mapper: Mapper,
): readonly CaseDifference[] {
  const resource = goldenCase.resource as Resource;
  const context: MappingContext = {
    subject: 'case',
    site: goldenCase.site ?? folder.site ?? 'case',
    ...(folder.study === undefined ? {} : { study: folder.study }),
    timeZone: goldenCase.timeZone,
    fhirVersion: goldenCase.fhirVersion,
    resolve: (reference) => goldenCase.sent[reference] as Resource | undefined,
  };
  const { facts, work, ignored } = mapper.map(resource, context);
  const rows = mapper
    .trace(resource, context)
    .filter((row) => row.file === view && row.cells.length > 0)
    .map(({ cells }) => Object.fromEntries(cells.map((cell) => [cell.column, cell.value])));
  const held = work.map(({ reason, element }) => ({ reason, element }));
  return [
    ...(goldenCase.rows ? compareLists('/rows', goldenCase.rows, rows) : []),
    ...compareLists('/facts', goldenCase.facts, facts),
    ...compareLists('/held', goldenCase.held, held),
    ...compareMember('/ignored', goldenCase.ignored, ignored?.reason ?? null),
  ];
}

function compareLists(
  at: string,
  expected: readonly object[],
  found: readonly object[],
): readonly CaseDifference[] {
  if (expected.length !== found.length)
    return [{ at, message: `there are ${found.length}, expected ${expected.length}` }];
  return expected.flatMap((members, i) =>
    Object.entries(members).flatMap(([name, value]) =>
      compareMember(`${at}/${i}/${name}`, value, (found[i] as Record<string, unknown>)[name]),
    ),
  );
}

/** Compares one member. Cases are written by hand and contain no patient data, so their values can be printed. */
function compareMember(at: string, expected: unknown, found: unknown): readonly CaseDifference[] {
  const [expectedText, foundText] = [formatCaseValue(expected), formatCaseValue(found)];
  return expectedText === foundText ? [] : [{ at, message: `is ${foundText}, expected ${expectedText}` }];
}

const formatCaseValue = (value: unknown): string =>
  value === undefined ? 'missing' : toCanonicalJson(value);
