import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCountResource, buildSiteHeaders } from '../support/sent-resources.ts';
import { buildTreeRequest, HOSTILE_SITE, type HostileRequest, isRefusal } from './hostile-request.ts';

const HEADERS = buildSiteHeaders(HOSTILE_SITE);

const buildRawRequest = (name: string, body: Uint8Array, path = '/fhir/Observation'): HostileRequest => ({
  name,
  method: 'POST',
  path,
  headers: HEADERS,
  body,
});

/** Files of which the first letter says whether they are JSON: `n` must be refused. As a FHIR resource none of them is valid. */
function* readJsonSuite(folder: string): Generator<HostileRequest> {
  for (const part of ['test_parsing', 'test_transform'])
    for (const file of readdirSync(join(folder, 'jsontestsuite', part)).sort())
      yield {
        ...buildRawRequest(
          `jsontestsuite/${part}/${file}`,
          readFileSync(join(folder, 'jsontestsuite', part, file)),
        ),
        allowed: isRefusal,
      };
}

/** Resources that a validator found invalid or valid; those that are no JSON must be refused. */
function* readFhirFiles(folder: string): Generator<HostileRequest> {
  for (const part of ['fhir-invalid-r4', 'fhir-valid-r4'])
    for (const file of readdirSync(join(folder, part)).filter(
      (name) => name.endsWith('.json') && !name.startsWith('_'),
    )) {
      const name = `${part}/${file}`;
      const bytes = readFileSync(join(folder, part, file));
      try {
        yield { ...buildTreeRequest(name, JSON.parse(bytes.toString('utf8'))), body: bytes };
      } catch {
        yield { ...buildRawRequest(name, bytes), allowed: isRefusal };
      }
    }
}

interface HandmadeCase {
  readonly id: string;
  readonly file: string;
  readonly contentType: string;
  readonly expect: string;
}

/** Cases that the corpus wants refused, and that are answered otherwise on purpose. */
const CHOSEN_OTHERWISE: ReadonlySet<string> = new Set([
  // A batch is answered entry by entry: its response says 405 for the entry.
  'bundle-getall',
  // R5 is read.
  'ctype-06',
]);

/** What a handmade case expects of the status, where it says so. */
function selectAllowed({ id, expect }: HandmadeCase): HostileRequest['allowed'] {
  if (CHOSEN_OTHERWISE.has(id)) return undefined;
  if (expect === 'reject-413') return (status) => status === 413;
  if (expect === 'reject-415') return (status) => status === 415;
  if (expect === 'reject-4xx' || expect === 'reject-4xx-fast') return isRefusal;
  if (expect === 'accept' || expect === 'accept-preserve') return (status) => status < 300;
  return undefined;
}

function* readHandmade(folder: string): Generator<HostileRequest> {
  const cases = JSON.parse(
    readFileSync(join(folder, 'handmade/manifest.json'), 'utf8'),
  ) as readonly HandmadeCase[];
  for (const each of cases) {
    const body = readFileSync(join(folder, 'handmade', each.file));
    const isBundle = each.file.includes('bundle-');
    const { 'content-type': _type, ...headers } = HEADERS;
    const allowed = selectAllowed(each);
    yield {
      ...buildRawRequest(`handmade/${each.id}`, body, isBundle ? '/fhir' : '/fhir/Observation'),
      ...(isBundle || allowed === isRefusal ? {} : readAddress(body)),
      headers: {
        ...headers,
        ...(each.contentType === '' ? {} : { 'content-type': each.contentType }),
        ...(each.file.endsWith('.gz') ? { 'content-encoding': 'gzip' } : {}),
      },
      ...(allowed ? { allowed } : {}),
    };
  }
}

/** Reads where a body is to be sent, as far as it can be read. */
function readAddress(body: Uint8Array): Pick<HostileRequest, 'method' | 'path'> | object {
  try {
    const { method, path } = buildTreeRequest('', JSON.parse(Buffer.from(body).toString('utf8')));
    return { method, path };
  } catch {
    return {};
  }
}

/** The elements of a result into which a text is put. */
const PLACES: readonly ((text: string) => object)[] = [
  (text) => ({ code: { text } }),
  (text) => ({ code: { coding: [{ system: 'http://loinc.org', code: '777-3', display: text }] } }),
  (text) => ({ identifier: [{ system: 'urn:lab', value: text }] }),
  (text) => ({ note: [{ text }] }),
  (text) => ({ subject: { reference: text } }),
  (text) => ({ valueQuantity: undefined, valueString: text }),
];

function readTexts(folder: string): readonly (readonly [string, string])[] {
  const blns = JSON.parse(readFileSync(join(folder, 'blns/blns.json'), 'utf8')) as readonly string[];
  const payloads = readdirSync(join(folder, 'payloads'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.txt'))
    .flatMap((file) =>
      readFileSync(join(folder, 'payloads', file), 'utf8')
        .split('\n')
        .map((line, i) => [`payloads/${file}:${i + 1}`, line] as const),
    );
  return [...blns.map((text, i) => [`blns:${i}`, text] as const), ...payloads];
}

/** A text that is an ordinary word may stand in an answer of ours; a longer one is an echo. */
const MIN_SECRET_LENGTH = 12;

function* readTextRequests(folder: string): Generator<HostileRequest> {
  for (const [name, text] of readTexts(folder))
    for (const [place, put] of PLACES.entries()) {
      const resource = { ...buildCountResource(`t${place}`, 'p1', 20), ...put(text) };
      yield buildTreeRequest(
        `${name} at ${place}`,
        resource,
        text.length >= MIN_SECRET_LENGTH ? text : undefined,
      );
    }
}

/** The requests of all corpora below the shared folder; null where it is absent. */
export function readCorpora(sharedFolder: string): readonly HostileRequest[] | null {
  const folder = join(sharedFolder, 'corpora');
  if (!existsSync(folder)) return null;
  return [
    ...readJsonSuite(folder),
    ...readFhirFiles(folder),
    ...readHandmade(folder),
    ...readTextRequests(folder),
  ];
}
