import { join } from 'node:path';
import { hashSha256 } from '../../../src/auth/client-registry.ts';
import { type Config, loadConfig } from '../../../src/config.ts';
import { openStore } from '../../../src/service/opening/open-store.ts';
import { openService } from '../../../src/service.ts';
import { createTestFolder } from '../../support/with-folder.ts';
import {
  buildNames,
  buildThing,
  convertRequest,
  type DoorRequest,
  NOWHERE,
  OWN,
  PROBE_DOORS,
  PROBED_HOSPITALS,
  PROBED_STUDY,
  PROBES,
  type Probe,
  type ProbeDoor,
  type ProbedHospital,
  THINGS_AT_ONCE,
  type ThingNames,
} from './probe-requests.ts';
import { type SentAnswer, sendRequest } from './send-request.ts';

/** A service with two hospitals, each with what the other asks after. */
export interface SeparatedSites {
  /** Stores at a hospital the things with these numbers. */
  store(owner: ProbedHospital, from: number, to: number): Promise<void>;
  send(from: ProbedHospital, request: DoorRequest): Promise<SentAnswer>;
  /** Everything that is stored of a hospital, as text. */
  readStored(hospital: ProbedHospital): Promise<string>;
  close(): Promise<void>;
}

const getToken = (hospital: ProbedHospital): string => `token-of-${hospital}`;

const getNumbers = (hospital: ProbedHospital): string => `${hospital.slice(0, 1).toUpperCase()}-*`;

function writeSites(folder: ReturnType<typeof createTestFolder>): Config {
  const sites = PROBED_HOSPITALS.map((hospital) => {
    const tokenSha256 = hashSha256(getToken(hospital));
    const clients = [{ client: 'laboratory', tokenSha256, expires: '2099-01-01', mayEnrol: true }];
    return [hospital, { clients, subjectNumbers: [getNumbers(hospital)] }];
  });
  const settings = {
    dataDir: join(folder.path, 'data'),
    logLevel: 'silent',
    sites: Object.fromEntries(sites),
  };
  const file = folder.writeJson('config.json', settings);
  return loadConfig({ config: file }, {}, folder.path);
}

/** Opens the service with two hospitals that have nothing. */
export async function openSeparatedSites(): Promise<SeparatedSites> {
  const folder = createTestFolder();
  const config = writeSites(folder);
  const service = await openService(config);
  const store = await openStore(config);
  const { url, close } = await service.listen({ host: '127.0.0.1', port: 0 });
  const send: SeparatedSites['send'] = (from, { method, path, body, headers = {}, ndjson }) =>
    sendRequest({
      method,
      url: `${url}/fhir${path}`,
      headers: {
        Authorization: `Bearer ${getToken(from)}`,
        ...(body ? { 'Content-Type': ndjson ? 'application/fhir+ndjson' : 'application/fhir+json' } : {}),
        ...headers,
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  return {
    async store(owner, from, to) {
      for (let first = from; first < to; first += THINGS_AT_ONCE) {
        const count = Math.min(THINGS_AT_ONCE, to - first);
        const numbers = Array.from({ length: count }, (_, index) => first + index);
        const entry = numbers.flatMap((number) => buildThing(buildNames(owner, number)));
        const body = { resourceType: 'Bundle', type: 'collection', entry };
        const { text } = await send(owner, { method: 'POST', path: '/', body });
        const statuses = [...text.matchAll(/"status":"(\d+)/g)].map(([, status]) => Number(status));
        if (statuses.length !== entry.length || statuses.some((status) => status >= 300))
          throw new Error(`What is asked after could not be stored: ${text.slice(0, 1_000)}`);
      }
    },
    send,
    readStored: (hospital) =>
      store.read(async (tx) => {
        const versions = (await tx.inbox.listCurrent()).filter(({ site }) => site === hospital);
        const items = (await tx.workItems.list(null)).filter(({ site }) => site === hospital);
        const subjects = (await tx.subjects.list(PROBED_STUDY)).filter(({ site }) => site === hospital);
        const facts = await Promise.all(
          subjects.map(({ subject }) => tx.facts.listForSubject(PROBED_STUDY, subject)),
        );
        return JSON.stringify({ versions, items, subjects, facts });
      }),
    async close() {
      await close();
      await store.close();
      await service.close();
      folder.remove();
    },
  };
}

/** What of an answer may differ: its time, its id, and the ids that the adapter gives. */
const VOLATILE_HEADERS = [
  'date',
  'x-request-id',
  'last-modified',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
];

/** Reduces an answer to what it tells: names are one, whichever was asked after; times and given ids are left out. */
function normaliseAnswer({ status, headers, text }: SentAnswer, names: ThingNames): string {
  const kept = Object.entries(headers).filter(([name]) => !VOLATILE_HEADERS.includes(name));
  let told = JSON.stringify({ status, headers: Object.fromEntries(kept), text });
  for (const [name, value] of Object.entries(names)) told = told.replaceAll(value, `<${name}>`);
  return told
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/(?<=Held as work item )[\w-]+/g, '<item>')
    .replaceAll(/(?<=\/)[0-9a-f][0-9a-f-]{15,}(?=\/_history)/g, '<id>');
}

/** A request that told something about another site, or changed something there. */
export interface SeparationResult {
  readonly asked: number;
  readonly leaks: readonly string[];
}

/**
 * Asks, from each hospital, after what is there at the other and after what is nowhere, through every door. The answers must be
 * equal, and nothing of the other may have changed. `asOwner` is the control: the owner asks, and must be told more.
 */
export async function checkSeparation(
  sites: SeparatedSites,
  { rounds = 1, asOwner = false }: { readonly rounds?: number; readonly asOwner?: boolean } = {},
): Promise<SeparationResult> {
  const found: SeparationResult[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const owner of PROBED_HOSPITALS) found.push(await checkOwner(sites, { owner, asOwner, round }));
  }
  return {
    asked: found.reduce((sum, { asked }) => sum + asked, 0),
    leaks: found.flatMap(({ leaks }) => leaks),
  };
}

/** The questions of a round. */
const QUESTIONS = PROBES.flatMap((probe) => PROBE_DOORS.map((door) => ({ probe, door })));

/** Asks everything once after what one hospital has. */
async function checkOwner(
  sites: SeparatedSites,
  {
    owner,
    asOwner,
    round,
  }: { readonly owner: ProbedHospital; readonly asOwner: boolean; readonly round: number },
): Promise<SeparationResult> {
  const other = PROBED_HOSPITALS.find((hospital) => hospital !== owner) ?? owner;
  const from = asOwner ? owner : other;
  const first = round * QUESTIONS.length;
  await sites.store(owner, first, first + QUESTIONS.length);
  const before = await sites.readStored(owner);
  const leaks: string[] = [];
  let asked = 0;
  for (const [index, question] of QUESTIONS.entries()) {
    const leak = await compareAnswers(sites, {
      ...question,
      owner,
      from,
      number: first + index,
      isSwapped: round % 2 === 1,
    });
    if (leak === null) continue;
    asked += 2;
    if (leak !== '') leaks.push(leak);
  }
  const hasChanged = (await sites.readStored(owner)) !== before;
  return {
    asked,
    leaks: hasChanged && !asOwner ? [...leaks, `${from} changed what is stored of ${owner}`] : leaks,
  };
}

/** A question, asked once after what is there and once after what is nowhere. */
interface Question {
  readonly probe: Probe;
  readonly door: ProbeDoor;
  readonly owner: ProbedHospital;
  readonly from: ProbedHospital;
  readonly number: number;
  /** Whether what is nowhere comes first: what an answer leaves behind must not matter. */
  readonly isSwapped: boolean;
}

/** Asks both; returns how the answers differ, an empty text where they do not, and null where the door has no such request. */
async function compareAnswers(
  sites: SeparatedSites,
  { probe, door, owner, from, number, isSwapped }: Question,
): Promise<string | null> {
  const told: string[] = [];
  for (const isThere of isSwapped ? [false, true] : [true, false]) {
    const names = buildNames(owner, isThere ? number : NOWHERE + number);
    const own = buildNames(from, OWN + 2 * number + (isThere ? 0 : 1));
    const request = convertRequest(probe.build(names, own), door);
    if (!request) return null;
    const answer = await sites.send(from, request);
    told.push(normaliseAnswer({ ...answer, text: replaceNames(answer.text, own) }, names));
  }
  return new Set(told).size > 1 ? `${probe.name}, ${door}, ${from} of ${owner}: ${told.join(' | ')}` : '';
}

const replaceNames = (text: string, names: ThingNames): string =>
  Object.entries(names).reduce((told, [name, value]) => told.replaceAll(value, `<own ${name}>`), text);

/** Lists the routes that the questions go to, as the route table writes them: `put /:type/:id`. */
export function listProbedRoutes(): ReadonlySet<string> {
  const names = buildNames('north', 0);
  const requests = QUESTIONS.flatMap(
    ({ probe, door }) => convertRequest(probe.build(names, names), door) ?? [],
  );
  return new Set(
    requests.map(({ method, path }) => {
      const [type = '', id] = path
        .replace(/[?].*$/, '')
        .slice(1)
        .split('/');
      const pattern = /^[A-Z]/.test(type) ? (id === undefined ? '/:type' : '/:type/:id') : `/${type}`;
      return `${method.toLowerCase()} ${pattern}`;
    }),
  );
}
