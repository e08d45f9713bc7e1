/**
 * Inputs shaped like public bug reports and real senders' files, sent through the real doors: HTTP on loopback, and the
 * command `ingest`. What is right about each is in field/expected.json, and is checked by what a stranger can see:
 * answers, exported tables, work items, exit codes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decimal } from 'decimal.js';
import { parse, stringify } from 'lossless-json';
import type { CaseResult, ConformanceSuite } from './case-result.ts';
import { checkFindings } from './field/check-findings.ts';
import type { FieldExpectation, FieldFindings, ListedWorkItem, ReceivedAnswer } from './field/expectation.ts';
import { createFieldInstallation, type FieldInstallation, type FieldService } from './field/installation.ts';

const FHIR_JSON = 'application/fhir+json';
const BYTE_ORDER_MARK = '\uFEFF';
const PATIENTS = { 'S-1': 'Patient/p1', 'S-2': 'Patient/p2', 'S-3': 'urn:mrn|M90' };

/** A case with its input, and the site at which it is sent. */
interface SentCase {
  readonly expected: FieldExpectation;
  readonly site: string;
  readonly text: string;
}

interface SentResult {
  readonly answers: readonly ReceivedAnswer[];
  readonly command: FieldFindings['command'];
}

interface OutcomeIssue {
  readonly details?: { readonly coding?: readonly { readonly code: string }[] };
  readonly expression?: readonly string[];
  readonly diagnostics?: string;
}

interface AnswerBody {
  readonly entry?: readonly {
    readonly response: { readonly status: string; readonly outcome?: AnswerBody };
  }[];
  readonly issue?: readonly OutcomeIssue[];
}

function readAnswer(status: number, { issue = [] }: AnswerBody): ReceivedAnswer {
  return {
    status,
    outcomes: issue.flatMap(({ details }) => details?.coding?.map(({ code }) => code) ?? []),
    elements: issue.flatMap(({ expression }) => expression ?? []),
    text: issue.map(({ diagnostics }) => diagnostics ?? '').join(' '),
  };
}

/** Reads the answer to a resource, or those to the entries of a Bundle. */
async function readAnswers(response: Response): Promise<readonly ReceivedAnswer[]> {
  const body = (await response.json()) as AnswerBody;
  if (!body.entry) return [readAnswer(response.status, body)];
  return body.entry.map(({ response: { status, outcome } }) =>
    readAnswer(Number.parseInt(status, 10), outcome ?? {}),
  );
}

/** A resource or Bundle of an input, as it is sent: numbers keep their digits. */
interface FieldDocument {
  readonly resourceType: string;
  readonly text: string;
}

function listDocuments(text: string): readonly FieldDocument[] {
  const parsed = parse(text) as { resourceType: string } | { resourceType: string }[];
  const documents = Array.isArray(parsed) ? parsed : [parsed];
  return documents.map((document) => ({
    resourceType: document.resourceType,
    text: stringify(document) ?? '',
  }));
}

const toNdjson = (text: string): string =>
  listDocuments(text)
    .map((document) => document.text)
    .join('\n');

async function sendOverHttp(service: FieldService, { expected, site, text }: SentCase): Promise<SentResult> {
  const answers: ReceivedAnswer[] = [];
  if (expected.door === '$ingest') {
    const body = BYTE_ORDER_MARK + toNdjson(text);
    answers.push(
      ...(await readAnswers(await service.post(site, '/$ingest', body, 'application/fhir+ndjson'))),
    );
  } else {
    for (const document of listDocuments(text)) {
      const path = document.resourceType === 'Bundle' ? '' : `/${document.resourceType}`;
      answers.push(...(await readAnswers(await service.post(site, path, document.text, FHIR_JSON))));
    }
  }
  return { answers, command: null };
}

function ingestAsFile(installation: FieldInstallation, { expected, site, text }: SentCase): SentResult {
  const isNdjson = expected.as !== undefined;
  const file = join(installation.folder, `${site}.${isNdjson ? 'ndjson' : 'json'}`);
  writeFileSync(file, isNdjson ? BYTE_ORDER_MARK + toNdjson(text) : text);
  const { exit, out, stderr } = installation.run('ingest', file, '--site', site, '--json');
  return { answers: [], command: { exit, stderr, summary: out.trim() === '' ? null : JSON.parse(out) } };
}

const removeSitePrefix = (site: string, subject: string | undefined): string =>
  (subject ?? '').slice(site.length + 1);

type TableReader = (table: string) => readonly Record<string, string>[];

/** A value that no laboratory reported stands on several results. */
function formatLabRow(site: string, row: Record<string, string>): string {
  const value = row.value ? `${row.comparator ?? ''}${new Decimal(row.value).toFixed()}` : 'none';
  const isDerived = row.analyte === 'anc' && (row.source ?? '').includes(' ');
  const day = row.collectedAt?.slice(0, 10);
  return `${removeSitePrefix(site, row.subject)} ${row.analyte} ${value} ${day}${isDerived ? ' derived' : ''}`;
}

function readFindings(
  site: string,
  sent: SentResult,
  readTable: TableReader,
  work: { readonly before: readonly ListedWorkItem[]; readonly after: readonly ListedWorkItem[] },
): FieldFindings {
  const listRows = (table: string) => readTable(table).filter((row) => row.site === site);
  const toName = ({ subject }: Record<string, string>) => removeSitePrefix(site, subject);
  const assessments = readTable('assessments').filter(({ subject }) => subject?.startsWith(`${site}-`));
  return {
    ...sent,
    labs: listRows('labs').map((row) => formatLabRow(site, row)),
    transfusions: listRows('transfusions').map(
      (row) => `${toName(row)} ${row.component} ${row.givenAt?.slice(0, 10)}`,
    ),
    events: listRows('adverse-events').map(
      (row) => `${toName(row)} ${row.term} ${row.startedAt?.slice(0, 10)}`,
    ),
    classes: assessments
      .filter(({ kind }) => kind === 'response-at-visit')
      .map((row) => `${toName(row)} ${row.visit} ${row.class}`),
    workBefore: work.before.filter((item) => item.site === site),
    work: work.after.filter((item) => item.site === site),
  };
}

const listOpenWork = (installation: FieldInstallation): readonly ListedWorkItem[] =>
  installation.runJson('work', 'list');

/** Accepts the held units that a person could accept; what cannot be accepted stays open, which the check reports. */
function acceptUnits(
  installation: FieldInstallation,
  cases: readonly SentCase[],
  work: readonly ListedWorkItem[],
): void {
  for (const { expected, site } of cases) {
    for (const { shown, target } of expected.accept ?? []) {
      const item = work.find(({ group, ...each }) => each.site === site && group.endsWith(`:${shown}`));
      if (item) installation.run('work', 'accept', item.id, '--target', target, '--by', 'conformance');
    }
  }
}

async function sendAll(
  installation: FieldInstallation,
  cases: readonly SentCase[],
): Promise<readonly SentResult[]> {
  const results = new Map<SentCase, SentResult>();
  const service = await installation.serve();
  try {
    for (const sent of cases)
      if (sent.expected.door !== 'ingest') results.set(sent, await sendOverHttp(service, sent));
  } finally {
    await service.stop();
  }
  return cases.map((sent) => results.get(sent) ?? ingestAsFile(installation, sent));
}

const SITE_SUFFIXES = { http: 'http', $ingest: 'ndjson', ingest: 'file' } as const;

function readCases(path: string): readonly SentCase[] {
  const file = join(import.meta.dirname, 'field/expected.json');
  const expectations = JSON.parse(readFileSync(file, 'utf8')) as readonly FieldExpectation[];
  return expectations.map((expected) => {
    const door = SITE_SUFFIXES[expected.door];
    const text = readFileSync(join(path, `${expected.case}.json`), 'utf8');
    return { expected, site: `case-${expected.case.slice(0, 2)}-${door}`, text };
  });
}

function formatFindings({ labs, transfusions, events, work }: FieldFindings): string {
  const rows = [...labs, ...transfusions, ...events];
  const items = work.map(({ reason }) => reason);
  return `${rows.length > 0 ? rows.join('; ') : 'no fact'}${items.length > 0 ? `; open: ${items.join(', ')}` : ''}`;
}

async function runFieldCases(path: string): Promise<readonly CaseResult[]> {
  const cases = readCases(path);
  const folder = mkdtempSync(join(tmpdir(), 'field-'));
  try {
    const sites = cases.map(({ site }) => site);
    const enrolments = sites.flatMap((site) =>
      Object.entries(PATIENTS).map(
        ([subject, patient]) => `${site}-${subject},${site},${patient},2026-01-01,2026-01-01`,
      ),
    );
    const installation = createFieldInstallation(folder, sites, enrolments);
    const results = await sendAll(installation, cases);
    const before = listOpenWork(installation);
    acceptUnits(installation, cases, before);
    const work = { before, after: listOpenWork(installation) };
    const readTable = installation.exportTables();
    return cases.map(({ expected, site }, index) => {
      const sent = results[index] ?? { answers: [], command: null };
      const findings = readFindings(site, sent, readTable, work);
      const faults = checkFindings(expected, findings);
      return {
        name: `${expected.case}, ${expected.door}`,
        passed: faults.length === 0,
        note: faults.length > 0 ? faults.join(' / ') : formatFindings(findings),
        knownMiss: false,
      };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const fieldCasesSuite: ConformanceSuite = {
  name: 'Field cases',
  folder: 'cases/field',
  run: runFieldCases,
};
