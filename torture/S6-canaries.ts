import { cpSync, globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '../demo/cohort/seeded-random.ts';
import { prepareDatabaseFile } from '../src/store/sqlite/database.ts';
import { connectEncrypted } from '../src/store/sqlite/files/encrypted-file.ts';
import type { Bar } from './bar.ts';
import {
  type Canaries,
  createCanaries,
  listCanaries,
  listTextPlaces,
  scanFolder,
  withText,
} from './support/canaries.ts';
import { buildSiteHeaders } from './support/sent-resources.ts';
import {
  createWorkspace,
  enrolSubjects,
  runCommand,
  type ServiceProcess,
  startServiceProcess,
  type Workspace,
} from './support/service-process.ts';

const CANARIES = 1_000;
const SITE = 'site-1';
const PATIENTS = 8;
const CASES = join(import.meta.dirname, '../mappings/views/*.cases.json');
/** Names that every sender of FHIR uses, and that identify nobody. */
const STRUCTURE = new Set(['resourceType', 'system', 'url']);

type Template = Readonly<Record<string, unknown>> & { readonly resourceType: string };

/** A resource with a canary in one of its texts. */
interface PlantedResource {
  readonly resource: Template & { readonly id: string };
  readonly canary: string;
}

/** Texts that a sender may add to any resource, and that nobody needs. */
const FREE_TEXTS = {
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
  identifier: [{ system: 'urn:lab', value: 'x' }],
  note: [{ text: 'x' }],
};

/** Reads a resource of each case of the mappings: every type that is stored, in every form that is understood. */
function readTemplates(): readonly Template[] {
  const files = globSync(CASES).sort();
  const cases = files.flatMap(
    (file) => (JSON.parse(readFileSync(file, 'utf8')) as { cases: { resource: Template }[] }).cases,
  );
  return cases.map(({ resource }) =>
    resource.resourceType === 'Patient'
      ? { ...FREE_TEXTS, ...resource, note: undefined }
      : { ...FREE_TEXTS, ...resource },
  ) as readonly Template[];
}

/** Makes a template a resource of one of the patients, under an id of its own. */
function assignPatient(template: Template, number: number): Template & { readonly id: string } {
  const reference = { reference: `Patient/p${number % (2 * PATIENTS)}` };
  const json = JSON.parse(JSON.stringify(template)) as Record<string, unknown>;
  for (const element of ['subject', 'individual']) if (element in json) json[element] = reference;
  const id = template.resourceType === 'Patient' ? `p${number % (2 * PATIENTS)}` : `r${number}`;
  return { ...json, resourceType: template.resourceType, id, meta: { versionId: String(number + 1) } };
}

/** Plants one canary in each text of each template in turn, until there are enough. */
function plantResources(canaries: Canaries, number: number): readonly PlantedResource[] {
  const templates = readTemplates();
  const places = templates.flatMap((template) =>
    listTextPlaces(template)
      .filter((place) => !STRUCTURE.has(String(place.at(-1))))
      .map((place) => ({ template, place })),
  );
  return Array.from({ length: number }, (_, index) => {
    // Steps that have no factor in common with the number of places visit all of them.
    const { template, place } = places[(index * 7) % places.length] ?? {};
    if (!template || !place) throw new Error('There is no case to plant a canary in.');
    const canary = canaries.plant(`${template.resourceType}.${place.join('.')}`);
    const resource = withText(assignPatient(template, index), place, canary) as PlantedResource['resource'];
    return { resource, canary };
  });
}

/** Sends resources by PUT; returns the texts of the answers that are errors. */
async function sendAll(
  service: ServiceProcess,
  planted: readonly PlantedResource[],
): Promise<readonly string[]> {
  const errors: string[] = [];
  for (const { resource } of planted) {
    const url = `${service.origin}/fhir/${resource.resourceType}/${encodeURIComponent(resource.id)}`;
    const answer = await fetch(url, {
      method: 'PUT',
      headers: buildSiteHeaders(SITE),
      body: JSON.stringify(resource),
    });
    const text = await answer.text();
    if (answer.status >= 400) errors.push(text);
  }
  return errors;
}

async function runChecked(
  workspace: Workspace,
  ...command: readonly string[]
): Promise<{ out: string; err: string }> {
  const { code, out, err } = await runCommand(workspace, command, {
    env: { TRIAL_ADAPTER_LOG_LEVEL: 'debug' },
  });
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${err}`);
  return { out, err };
}

/** Decides open work items, with a canary in each reason; returns the canaries. */
async function decideWork(
  workspace: Workspace,
  canaries: Canaries,
  number: number,
): Promise<readonly string[]> {
  const { out } = await runChecked(workspace, 'work', 'list', '--json');
  const items = (JSON.parse(out) as { id: string; reason: string }[]).filter(
    ({ reason }) => reason === 'unmapped-code',
  );
  const reasons: string[] = [];
  for (const { id } of items.slice(0, number)) {
    const why = canaries.plant('decision.why');
    await runChecked(workspace, 'work', 'reject', id, '--by', 'me', '--why', why);
    reasons.push(why);
  }
  return reasons;
}

/** Sends everything through every door; returns what the adapter printed, logged and answered as an error. */
async function fillWorkspace(workspace: Workspace, canaries: Canaries, number: number) {
  const rows = Array.from({ length: PATIENTS }, (_, index) => [
    `${canaries.plant('enrolment.subject')},${SITE},Patient/p${index}`,
  ]).flat();
  await enrolSubjects(workspace, rows);
  const numbered = `N-1,${SITE},urn:mrn|${canaries.plant('enrolment.patient')}`;
  await enrolSubjects(workspace, [numbered]);
  const planted = plantResources(canaries, number);
  const half = Math.ceil(planted.length / 2);
  const service = await startServiceProcess(workspace);
  const errors = [...(await sendAll(service, planted.slice(0, half)))];
  const lines = planted.slice(half).map(({ resource }) => JSON.stringify(resource));
  const file = workspace.writeFile('delivery.ndjson', `${lines.join('\n')}\n`);
  const ingested = await runCommand(workspace, ['ingest', file, '--site', SITE, '--json'], {
    env: { TRIAL_ADAPTER_LOG_LEVEL: 'debug' },
  });
  errors.push(ingested.err);
  await decideWork(workspace, canaries, 20);
  for (const path of ['/health', '/ready', '/metrics', '/fhir/metadata'])
    errors.push(await (await fetch(`${service.origin}${path}`, { headers: buildSiteHeaders(SITE) })).text());
  const running = scanFolder(workspace.dataDir);
  await service.stop();
  return { errors, log: service.readLog(), running };
}

/** The data folder as it would be without encryption. */
function decryptCopy(workspace: Workspace, keysDir: string): string {
  const copy = join(workspace.path, 'plain');
  cpSync(workspace.dataDir, copy, { recursive: true });
  const file = join(copy, 'store.db');
  const db = connectEncrypted(file, prepareDatabaseFile(file, keysDir));
  db.pragma('journal_mode = DELETE');
  db.pragma("rekey = ''");
  db.close();
  rmSync(join(copy, 'decisions'), { recursive: true, force: true });
  return copy;
}

/** What is about a person in what is sent is in no log, no error and no file, as long as the keys are elsewhere. */
export const canaryBar: Bar = {
  id: 'S6',
  name: 'a value in every text, looked for in logs, errors and a stolen data folder',
  async run({ share, seed }) {
    const canaries = createCanaries(createRandom(seed, 'canaries'));
    const workspace = createWorkspace({
      sites: [SITE],
      config: { keysDir: 'keys-elsewhere', logLevel: 'debug' },
    });
    try {
      const { errors, log, running } = await fillWorkspace(workspace, canaries, Math.ceil(CANARIES * share));
      const breaches: string[] = [];
      const accuse = (where: string, found: readonly string[]) => {
        for (const canary of found)
          breaches.push(`${where}: ${canaries.findPlace(canary) ?? canary} (seed ${seed})`);
      };
      accuse('log', listCanaries(log));
      for (const error of errors) accuse('error', listCanaries(error));
      for (const found of [running, scanFolder(workspace.dataDir)])
        for (const [file, names] of found) if (!file.startsWith('decisions/')) accuse(file, names);
      const keysDir = join(workspace.path, 'keys-elsewhere');
      const plain = [...scanFolder(decryptCopy(workspace, keysDir)).values()].flat();
      return {
        counts: { canaries: canaries.count(), logBytes: log.length, errors: errors.length },
        breaches: [...new Set(breaches)],
        control: { name: 'the same scan of the store without encryption', found: new Set(plain).size },
      };
    } finally {
      workspace.remove();
    }
  },
};
