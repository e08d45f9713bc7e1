import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Sqlite from 'better-sqlite3-multiple-ciphers';
import { type Config, loadConfig } from '../src/config.ts';
import { Failure } from '../src/errors.ts';
import { listCriteriaSets } from '../src/service/criteria-sets.ts';
import { type Decider, openService, type Service } from '../src/service.ts';
import type { SignedDecision } from '../src/signatures/decision-manifest.ts';
import { formatPublicKey, signDecision } from '../src/signatures/sign-decision.ts';
import { prepareDatabaseFile } from '../src/store/sqlite/database.ts';
import { connectEncrypted } from '../src/store/sqlite/files/encrypted-file.ts';
import type { Bar, BarContext, BarResult } from './bar.ts';

/** The decisions that are attacked, at full share; each by every kind of attack. */
const DECISIONS = 100;
const SITE = 'site-1';
const SITES = { [SITE]: {} };
const STUDY = 'msc-aa';

/** A stored decision, and whether it is accepted when it is read. */
interface Target {
  readonly name: string;
  /** Where its JSON is. */
  readonly table: string;
  readonly column: string;
  readonly where: string;
  /** Alters the record itself, and puts it back; null where it is a file. */
  readonly alterRecord: readonly [alter: string, restore: string] | null;
  isAccepted(): Promise<boolean>;
  /** Whether it would be accepted if nothing were verified: it is there, and says so. */
  isPresent(): Promise<boolean>;
}

interface Json {
  [name: string]: unknown;
}

type StoredRow = Json & { signed: (Json & SignedDecision) | null };

/** Changes the JSON of a stored decision; returns null where the attack does not apply to it. */
type Attack = (row: StoredRow, tools: AttackTools) => StoredRow | null;

interface AttackTools {
  readonly random: Random;
  /** A key that nobody has registered. */
  readonly strangerKey: KeyObject;
  /** The key of somebody who is registered, and is not the signer. */
  readonly colleagueKey: KeyObject;
  /** Another decision of the same kind, as it is stored. */
  readonly other: StoredRow;
}

/** Chance that can be repeated (mulberry32). */
interface Random {
  pick<T>(values: readonly T[]): T;
}

function createRandom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    pick(values) {
      const value = values[Math.floor(next() * values.length)];
      if (value === undefined) throw new Error('There is nothing to pick from.');
      return value;
    },
  };
}

const changeText = (value: unknown, random: Random): unknown => {
  if (typeof value === 'string') return `${value.slice(0, -1)}${random.pick(['x', 'y', 'Z', '0'])}~`;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return 'changed';
};

/** Changes one leaf of a tree, anywhere. */
function changeOneLeaf(tree: Json, random: Random): void {
  const names = Object.keys(tree);
  const name = random.pick(names);
  const value = tree[name];
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    changeOneLeaf(value as Json, random);
  else tree[name] = changeText(value, random);
}

const resign = (row: StoredRow, key: KeyObject): StoredRow => {
  if (!row.signed) return row;
  const { signer: identity, authentication, type: _type, ...draft } = row.signed.manifest;
  return { ...row, signed: { ...signDecision({ identity, authentication, privateKey: key }, draft) } };
};

const ATTACKS: Readonly<Record<string, Attack>> = {
  'the decision altered': (row) => ({ ...row, why: `${String(row.why)} altered` }),
  'the time altered': (row) => ({ ...row, at: '2020-01-01T00:00:00.000Z' }),
  'the name altered': (row) => ({ ...row, by: 'Somebody Else' }),
  'the manifest altered': (row, { random }) => {
    if (row.signed) changeOneLeaf(row.signed.manifest as unknown as Json, random);
    return row;
  },
  'decision and manifest altered alike': (row) => {
    const why = `${String(row.why)} altered`;
    if (row.signed) Object.assign(row.signed.manifest, { reason: why });
    return { ...row, why };
  },
  'the signature altered': (row, { random }) => {
    if (row.signed) Object.assign(row.signed, { signature: changeText(row.signed.signature, random) });
    return row;
  },
  'signed by a stranger': (row, { strangerKey }) => resign(row, strangerKey),
  'signed by a stranger under the key of the signer': (row, { strangerKey }) => {
    const key = row.signed?.key;
    const signed = resign(row, strangerKey);
    if (signed.signed) Object.assign(signed.signed, { key });
    return signed;
  },
  'signed by a colleague in the name of the signer': (row, { colleagueKey }) => resign(row, colleagueKey),
  'the decision on another record put in its place': (_row, { other }) => ({ ...other }),
  'the signature removed': (row) => ({ ...row, signed: null }),
  'the signature removed, and dated before signatures': (row) => ({
    ...row,
    signed: null,
    at: '2020-01-01T00:00:00.000Z',
  }),
};

interface Installation {
  readonly config: Config;
  readonly service: Service;
  readonly database: Sqlite.Database;
  readonly decider: Decider;
  readonly tools: Pick<AttackTools, 'strangerKey' | 'colleagueKey'>;
  close(): Promise<void>;
}

async function openInstallation(): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'trial-adapter-p2-'));
  const [signer, colleague, stranger] = [1, 2, 3].map(() => generateKeyPairSync('ed25519').privateKey);
  if (!signer || !colleague || !stranger) throw new Error('No keys were made.');
  const people = [
    { id: 'novak', name: 'Prof. A. Novak', key: signer },
    { id: 'li', name: 'Dr B. Li', key: colleague },
  ].map(({ key, ...person }) => ({
    ...person,
    keys: [{ publicKey: formatPublicKey(key) }],
    roles: ['investigator'],
  }));
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ dataDir: 'data', logLevel: 'silent', sites: SITES, people }));
  const config = loadConfig({ config: file }, {}, folder);
  const service = await openService(config);
  const storeFile = join(folder, 'data/store.db');
  const database = connectEncrypted(storeFile, prepareDatabaseFile(storeFile));
  return {
    ...{ config, service, database },
    tools: { strangerKey: stranger, colleagueKey: colleague },
    decider: {
      ...{ by: 'Prof. A. Novak', why: 'seen' },
      signer: {
        identity: { name: 'Prof. A. Novak', id: 'novak' },
        authentication: { method: 'personal-key', systemUser: 'anovak' },
        privateKey: signer,
      },
    },
    async close() {
      database.close();
      await service.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A site's Observation with a code that nobody knows. */
const buildOddObservation = (id: string): object => ({
  ...{ resourceType: 'Observation', id, status: 'final' },
  code: { coding: [{ system: 'urn:hospital:lab', code: `code-${id}` }] },
  subject: { reference: 'Patient/p0' },
  effectiveDateTime: '2026-01-10T08:00:00Z',
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
});

/** Has an item opened for each number; returns those that ask about a code. */
async function openItems({ service }: Installation, count: number) {
  const interactions = Array.from({ length: count }, (_, i) => ({
    ...{ method: 'update', resourceType: 'Observation', id: `o${i}`, ifNoneExist: null, ifMatch: null },
    resource: buildOddObservation(`o${i}`),
  })) as unknown as Parameters<Service['accept']>[1];
  await service.accept(SITE, interactions, 'each', 'torture');
  return (await service.listWorkItems('open')).filter(({ about }) => about !== null);
}

/** Rejects items with a signature. */
async function rejectItems(
  { service, decider }: Installation,
  items: Awaited<ReturnType<typeof openItems>>,
): Promise<readonly Target[]> {
  for (const { id, hash } of items) await service.rejectWorkItem(id, { ...decider, shown: hash });
  return items.map(({ id }) => ({
    ...{ name: `work item ${id}`, table: 'work_decision', column: 'decision', where: `item = '${id}'` },
    alterRecord: [
      `UPDATE work_item SET topic = topic || '~' WHERE id = '${id}'`,
      `UPDATE work_item SET topic = substr(topic, 1, length(topic) - 1) WHERE id = '${id}'`,
    ],
    isAccepted: async () => (await service.getWorkItem(id)).decision?.validity.state !== 'invalid',
    isPresent: async () => (await service.getWorkItem(id)).decision !== null,
  }));
}

/** States for each subject that they are evaluable. */
async function stateForSubjects(
  { service, decider }: Installation,
  subjects: readonly string[],
): Promise<readonly Target[]> {
  const targets: Target[] = [];
  for (const subject of subjects) {
    const statement = { topic: 'evaluability', holds: true } as const;
    const { resource } = await service.adjudicate({ study: STUDY, subject, statement, on: null, ...decider });
    const find = async () =>
      (await service.listAdjudications(STUDY, subject)).find((listed) => listed.resource === resource);
    const change = (from: string, to: string) =>
      `UPDATE statement SET fact = replace(fact, '"holds":${from}', '"holds":${to}') WHERE subject = '${subject}'`;
    targets.push({
      ...{ name: `statement about ${subject}`, table: 'decision_log', column: 'content' },
      where: `kind = 'adjudication' AND record = '${SITE} ${resource}'`,
      alterRecord: [change('true', 'false'), change('false', 'true')],
      isAccepted: async () => (await find())?.state !== 'invalid',
      isPresent: async () => (await find()) !== undefined,
    });
  }
  return targets;
}

/** Signs criteria sets off. */
async function signSets({ service, config, decider }: Installation): Promise<readonly Target[]> {
  const targets: Target[] = [];
  for (const set of ['bsh-saa', 'bsh-nsaa', 'nih-saa', 'ebmt-race']) {
    const [listed] = listCriteriaSets(config, set);
    if (!listed) throw new Error(`There is no set ${set}.`);
    await service.signCriteriaSet({ set, study: null }, { ...decider, shown: listed.hash });
    const read = async () => (await service.listCriteriaSignOffs()).find(({ id }) => id === set)?.signedOff;
    targets.push({
      ...{ name: `criteria ${set}`, table: 'decision_log', column: 'content' },
      where: `kind = 'criteria-set' AND record LIKE '${set}|%'`,
      alterRecord: null,
      isAccepted: async () => ((await read())?.validity.state ?? 'invalid') !== 'invalid',
      isPresent: async () => ((await read()) ?? null) !== null,
    });
  }
  return targets;
}

/** What was found: breaches, and what would have been accepted without verification. */
interface Findings {
  readonly breaches: string[];
  attacks: number;
  acceptedUnverified: number;
}

async function judge(target: Target, attack: string, seed: number, findings: Findings): Promise<void> {
  findings.attacks += 1;
  if (await target.isPresent()) findings.acceptedUnverified += 1;
  if (await target.isAccepted()) findings.breaches.push(`${target.name}: ${attack} (seed ${seed})`);
}

const readRow = (database: Sqlite.Database, { table, column, where }: Target): string =>
  String(database.prepare(`SELECT ${column} FROM ${table} WHERE ${where}`).pluck().get());

/** Tries every attack on a decision, each on what was stored at first. */
async function attackTarget(
  { database, tools }: Installation,
  target: Target,
  other: Target,
  { seed }: BarContext,
  random: Random,
  findings: Findings,
): Promise<void> {
  const { table, column, where } = target;
  const stored = readRow(database, target);
  const otherRow = readRow(database, other);
  const write = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`);
  for (const [name, attack] of Object.entries(ATTACKS)) {
    const altered = JSON.stringify(
      attack(JSON.parse(stored), { random, ...tools, other: JSON.parse(otherRow) }),
    );
    if (altered === stored) throw new Error(`The attack "${name}" changes nothing.`);
    write.run(altered);
    await judge(target, name, seed, findings);
  }
  write.run(stored);
  if (target.alterRecord) {
    const [alter, restore] = target.alterRecord;
    database.exec(alter);
    await judge(target, 'the record altered', seed, findings);
    database.exec(restore);
  }
  if (!(await target.isAccepted()))
    findings.breaches.push(`${target.name}: not accepted after all was put back`);
}

/** Decides about records as they were before they changed; returns how many were accepted. */
async function decideStale(
  { service, decider, database }: Installation,
  items: Awaited<ReturnType<typeof openItems>>,
): Promise<number> {
  let accepted = 0;
  for (const { id, hash } of items) {
    database.exec(`UPDATE work_item SET topic = topic || '#' WHERE id = '${id}'`);
    try {
      await service.rejectWorkItem(id, { ...decider, shown: hash });
      accepted += 1;
    } catch (cause) {
      if (!(cause instanceof Failure) || cause.code !== 'decision/stale') throw cause;
    }
  }
  return accepted;
}

async function enrolSubjects({ service }: Installation, count: number): Promise<readonly string[]> {
  const subjects = Array.from({ length: count }, (_, i) => `P2-${i}`);
  const rows = subjects.map((subject, i) => ({
    ...{ subject, site: SITE, patient: `Patient/p${i}` },
    ...{ enrolledOn: '2026-01-01', consentedOn: '2026-01-01' },
  }));
  await service.enrol(STUDY, rows);
  return subjects;
}

async function runAttacks(installation: Installation, context: BarContext): Promise<BarResult> {
  const random = createRandom(context.seed);
  const count = Math.max(2, Math.round((DECISIONS * context.share) / 2));
  const subjects = await enrolSubjects(installation, count);
  const items = await openItems(installation, 2 * count);
  const stale = items.slice(count);
  const groups = [
    await rejectItems(installation, items.slice(0, count)),
    await stateForSubjects(installation, subjects),
    await signSets(installation),
  ];
  // Past the triggers, as somebody who can write the file.
  for (const { name } of installation.database
    .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    .all())
    installation.database.exec(`DROP TRIGGER ${name}`);
  const findings: Findings = { breaches: [], attacks: 0, acceptedUnverified: 0 };
  for (const group of groups)
    for (const [i, target] of group.entries()) {
      const other = group[(i + 1) % group.length] ?? target;
      await attackTarget(installation, target, other, context, random, findings);
    }
  const staleAccepted = await decideStale(installation, stale);
  if (staleAccepted > 0) findings.breaches.push(`${staleAccepted} decisions about records that had changed`);
  return {
    counts: {
      decisions: groups.flat().length,
      attacks: findings.attacks,
      stale: stale.length,
      accepted: findings.breaches.length,
    },
    breaches: findings.breaches,
    control: {
      name: 'the same decisions read without verification',
      found: findings.acceptedUnverified,
    },
  };
}

/** P2: a decision that was altered, signed by somebody else, moved to another record, or made about a record that had changed. */
export const signaturesBar: Bar = {
  id: 'P2',
  name: 'altered and foreign signatures',
  async run(context) {
    const installation = await openInstallation();
    try {
      return await runAttacks(installation, context);
    } finally {
      await installation.close();
    }
  },
};
