import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { createRandom } from '../demo/cohort/seeded-random.ts';
import { prepareDatabaseFile } from '../src/store/sqlite/database.ts';
import { connectEncrypted } from '../src/store/sqlite/files/encrypted-file.ts';
import { readCarvedPages } from '../test/support/carve-pages.ts';
import type { Bar } from './bar.ts';
import { type Canaries, createCanaries, listCanariesInBytes, scanFolder } from './support/canaries.ts';
import { type ConfiguredPeople, configurePeople, decideAboutSubjects } from './support/personal-decisions.ts';
import { readWorkspaceStore } from './support/read-stored.ts';
import { buildCountResource } from './support/sent-resources.ts';
import {
  createWorkspace,
  enrolSubjects,
  runCommand,
  startServiceProcess,
  type Workspace,
} from './support/service-process.ts';

const ERASED = 50;
const RESOURCES = 20;
const SITE = 'site-1';
const STUDY = 'msc-aa';

/** A subject of the bar; every second one is erased. */
interface Person {
  readonly subject: string;
  readonly patient: string;
  readonly isErased: boolean;
  /** The number by which the hospital knows them. */
  readonly mrn: string;
  /** Whether decisions about them are signed. */
  readonly isSigned: boolean;
}

const listPersons = (erased: number, canaries: Canaries): readonly Person[] =>
  Array.from({ length: 2 * erased }, (_, index) => {
    const patient = `p${index}`;
    const isErased = index % 2 === 0;
    const mrn = isErased ? canaries.plant(patient) : `MRN-${patient}`;
    return { subject: `P3-${index}`, patient, isErased, mrn, isSigned: index % 4 < 2 };
  });

const nameLocalCode = ({ patient }: Person): string => `LOCAL-${patient}`;

/** Builds what people are asked about: a code of the laboratory, and a text that exports withhold. */
function buildAskedResources(person: Person, name: () => string): readonly object[] {
  const { patient } = person;
  const local = { system: 'urn:local', code: nameLocalCode(person), display: name() };
  const term = { system: 'https://www.meddra.org', code: '10016173', display: `Fall of ${name()}` };
  return [
    { ...buildCountResource(`${patient}-local`, patient, 30, '2026-03-01'), code: { coding: [local] } },
    {
      ...{ resourceType: 'AdverseEvent', id: `${patient}-fall`, actuality: 'actual' },
      event: { coding: [{ ...term, display: `${term.display} ${patient}` }] },
      ...{ subject: { reference: `Patient/${patient}` }, date: '2026-03-05' },
    },
  ];
}

/** Has people decide about everybody; reasons about those who are erased have canaries. */
const decideAboutPersons = (
  workspace: Workspace,
  people: ConfiguredPeople,
  persons: readonly Person[],
  canaries: Canaries,
): Promise<void> =>
  decideAboutSubjects(
    workspace,
    STUDY,
    people,
    persons.map((person) => ({
      ...{ subject: person.subject, code: nameLocalCode(person), isSigned: person.isSigned },
      writeReason: (isMapping) => {
        const named = isMapping ? `as with ${person.mrn}` : 'seen';
        return person.isErased ? `${named}, ${canaries.plant(person.patient)}` : 'seen';
      },
    })),
  );

/** Builds what a hospital sends about a person; of those who are erased, every text of it has a canary. */
function buildResources(person: Person, canaries: Canaries): readonly object[] {
  const { patient, isErased, mrn } = person;
  const name = () => (isErased ? canaries.plant(patient) : 'Wang');
  const results = Array.from({ length: RESOURCES }, (_, index) => ({
    ...buildCountResource(
      `${patient}-${index}${isErased ? name() : ''}`,
      patient,
      5 + index,
      `2026-02-${10 + (index % 18)}`,
    ),
    note: [{ text: name() }],
    // Some are held, and named by a work item.
    ...(index % 5 === 4
      ? { code: { coding: [{ system: 'urn:local', code: `C${index}-${name()}`, display: name() }] } }
      : {}),
  }));
  const identifier = [{ system: 'urn:mrn', value: mrn }];
  return [
    { resourceType: 'Patient', id: patient, identifier, name: [{ family: name() }] },
    ...results,
    ...buildAskedResources(person, name),
  ];
}

const openDatabaseFile = (file: string) => connectEncrypted(file, prepareDatabaseFile(file));

/** A content as it is stored, with its key as it is stored: who finds both in the files can read it with store.key. */
interface SealedContent {
  readonly body: Buffer;
  readonly wrapped: Buffer;
}

function listSealedContents(file: string, subjects: ReadonlySet<string>): readonly SealedContent[] {
  const db = openDatabaseFile(file);
  try {
    const rows = db
      .prepare<[], SealedContent & { subject: string }>(
        'SELECT v.body, k.wrapped, k.subject FROM resource_version v JOIN subject_key k ON k.id = v.subject_key',
      )
      .all();
    return rows.filter(({ subject }) => subjects.has(subject));
  } finally {
    db.close();
  }
}

/** Counts what can be read of the erased with every key in hand: values in pages, and contents with their key. */
function countReadable(
  file: string,
  contents: readonly SealedContent[],
): { values: number; contents: number } {
  const pages = readCarvedPages(file, prepareDatabaseFile(file).database);
  return {
    values: listCanariesInBytes(pages).length,
    contents: contents.filter(
      ({ body, wrapped }) => pages.includes(wrapped) && pages.includes(body.subarray(-40)),
    ).length,
  };
}

/** Counts the values in the files of decisions, which lie beside the store. */
const countInDecisionFiles = ({ dataDir }: Workspace): number =>
  [...scanFolder(join(dataDir, 'decisions')).values()].flat().length;

/** What the study has of those who stay. */
const readKept = (workspace: Workspace, persons: readonly Person[]) =>
  readWorkspaceStore(workspace, async (tx) => {
    const kept: unknown[] = [];
    for (const { subject, patient } of persons.filter(({ isErased }) => !isErased)) {
      kept.push(await tx.subjects.get(STUDY, subject), await tx.facts.listForSubject(STUDY, subject));
      kept.push(await tx.inbox.listVersions({ site: SITE, resourceType: 'Patient', id: patient }));
      for (const { site, resourceType, id } of await tx.facts.listResources(STUDY, subject))
        kept.push((await tx.inbox.getCurrent({ site, resourceType, id }))?.body);
    }
    const keptSubjects = new Set(persons.filter(({ isErased }) => !isErased).map(({ subject }) => subject));
    const decisions = await tx.decisions.list({});
    kept.push(decisions.filter(({ subject }) => subject !== null && keptSubjects.has(subject)));
    return kept;
  });

async function fillStudy(
  workspace: Workspace,
  persons: readonly Person[],
  canaries: Canaries,
): Promise<void> {
  await enrolSubjects(
    workspace,
    persons.map(({ subject, patient }) => `${subject},${SITE},Patient/${patient}`),
  );
  const lines = persons
    .flatMap((person) => buildResources(person, canaries))
    .map((resource) => JSON.stringify(resource));
  const file = workspace.writeFile('delivery.ndjson', `${lines.join('\n')}\n`);
  const { code, err } = await runCommand(workspace, ['ingest', file, '--site', SITE]);
  if (code !== 0) throw new Error(`ingest ended with ${code}: ${err}`);
}

/** Waits until the service has assessed everybody. */
async function waitUntilAssessed(workspace: Workspace): Promise<void> {
  while ((await readWorkspaceStore(workspace, (tx) => tx.subjects.listDueForAssessment(1))).length > 0)
    await sleep(100);
}

/** Erases by command beside the running service; returns what was refused. */
async function eraseAll(
  workspace: Workspace,
  { env }: ConfiguredPeople,
  persons: readonly Person[],
): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const { subject } of persons.filter(({ isErased }) => isErased)) {
    const command = ['erase', subject, '--study', STUDY, '--why', 'request', '--yes', '--json'];
    const { code, out, err } = await runCommand(workspace, command, { env });
    if (code !== 0) refused.push(`erase ${subject} ended with ${code}: ${err}`);
    else if (!(JSON.parse(out) as { isPurged: boolean }).isPurged) refused.push(`${subject} is not purged`);
  }
  return refused;
}

/** Deletes as a program would that only deletes rows: on a copy, without overwriting. */
function deleteOnly(workspace: Workspace, erased: ReadonlySet<string>): string {
  const copy = join(workspace.path, 'only-deleted');
  cpSync(workspace.dataDir, copy, { recursive: true });
  const file = join(copy, 'store.db');
  const db = openDatabaseFile(file);
  db.pragma('secure_delete = OFF');
  for (const subject of erased) {
    db.prepare('DELETE FROM statement WHERE subject = ?').run(subject);
    const keys = db
      .prepare<[string], number>('SELECT id FROM subject_key WHERE subject = ?')
      .pluck()
      .all(subject);
    for (const key of keys) db.prepare('DELETE FROM resource_version WHERE subject_key = ?').run(key);
    db.prepare('DELETE FROM subject_key WHERE subject = ?').run(subject);
  }
  db.close();
  return file;
}

/** Nothing of an erased person can be read from the files, with every key that remains; the others are as they were. */
export const erasureBar: Bar = {
  id: 'P3',
  name: 'erased beside a running service, then every page read with all keys',
  async run({ share, seed }) {
    const canaries = createCanaries(createRandom(seed, 'erasures'));
    const persons = listPersons(Math.ceil(ERASED * share), canaries);
    const erased = new Set(persons.filter(({ isErased }) => isErased).map(({ subject }) => subject));
    const workspace = createWorkspace({ sites: [SITE] });
    const file = join(workspace.dataDir, 'store.db');
    try {
      await fillStudy(workspace, persons, canaries);
      const people = await configurePeople(workspace);
      await decideAboutPersons(workspace, people, persons, canaries);
      const service = await startServiceProcess(workspace);
      await waitUntilAssessed(workspace);
      const contents = listSealedContents(file, erased);
      const before = countReadable(file, contents);
      const kept = await readKept(workspace, persons);
      const inDecisions = countInDecisionFiles(workspace);
      const control = countReadable(deleteOnly(workspace, erased), contents);
      const breaches = [...(await eraseAll(workspace, people, persons))];
      const after = countReadable(file, contents);
      if (after.values > 0) breaches.push(`${after.values} values can be read (seed ${seed})`);
      const left = countInDecisionFiles(workspace);
      if (left > 0) breaches.push(`${left} values are in the files of decisions (seed ${seed})`);
      if (after.contents > 0) breaches.push(`${after.contents} contents can be decrypted (seed ${seed})`);
      if (!isDeepStrictEqual(await readKept(workspace, persons), kept))
        breaches.push('another subject has changed');
      const records = await readWorkspaceStore(workspace, (tx) => tx.erasures.list());
      if (records.length !== erased.size) breaches.push(`${records.length} erasures are recorded`);
      await service.stop();
      return {
        counts: {
          erased: erased.size,
          valuesBefore: before.values,
          inDecisionFilesBefore: inDecisions,
          contentsBefore: before.contents,
          valuesAfter: after.values,
          contentsAfter: after.contents,
        },
        breaches,
        control: { name: 'rows deleted without overwriting', found: control.values + control.contents },
      };
    } finally {
      workspace.remove();
    }
  },
};
