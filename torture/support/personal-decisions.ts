import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { type Decider, openService, type Service } from '../../src/service.ts';
import { formatPublicKey } from '../../src/signatures/sign-decision.ts';
import { runCommand, type Workspace } from './service-process.ts';

const NAME = 'Prof. A. Novak';

/** People of a workspace: one who decides in this process, and the operator, who runs commands. */
export interface ConfiguredPeople {
  readonly privateKey: KeyObject;
  /** With it, a command is run as the operator. */
  readonly env: Readonly<Record<string, string>>;
}

/** Adds people to the configuration, after which decisions are signed; those without a signature count too. */
export async function configurePeople(workspace: Workspace): Promise<ConfiguredPeople> {
  const env = { TRIAL_ADAPTER_SIGNING_KEY: join(workspace.path, 'operator-key.json') };
  const command = ['signing-key', 'create', 'Operator', '--no-passphrase', '--json'];
  const { code, out, err } = await runCommand(workspace, command, { env });
  if (code !== 0) throw new Error(`signing-key create ended with ${code}: ${err}`);
  const [, operatorKey] = /"publicKey": *"([^"]+)"/.exec(out) ?? [];
  const { privateKey } = generateKeyPairSync('ed25519');
  const rights = { roles: ['investigator'], sites: ['*'] };
  const people = [
    { id: 'novak', name: NAME, keys: [{ publicKey: formatPublicKey(privateKey) }], ...rights },
    { id: 'op', name: 'Operator', user: userInfo().username, keys: [{ publicKey: operatorKey }], ...rights },
  ];
  const settings = JSON.parse(readFileSync(workspace.configFile, 'utf8')) as object;
  const decisions = { unsignedBefore: '2099-01-01T00:00:00Z' };
  workspace.writeFile('trial-adapter.json', JSON.stringify({ ...settings, people, decisions }));
  return { privateKey, env };
}

/** A subject about whom decisions are made. */
export interface DecidedSubject {
  readonly subject: string;
  /** A local code that only this subject's results have. */
  readonly code: string;
  /** Writes a reason; `isMapping`: it must name the subject, by a number of theirs. */
  writeReason(isMapping: boolean): string;
  readonly isSigned: boolean;
}

async function decideAbout(
  service: Service,
  study: string,
  { privateKey }: ConfiguredPeople,
  { subject, code, writeReason, isSigned }: DecidedSubject,
): Promise<void> {
  const authentication = { method: 'personal-key', systemUser: 'novak' } as const;
  const signer = { identity: { name: NAME, id: 'novak' }, authentication, privateKey };
  const decide = (shown: string | null, isMapping = false): Decider => ({
    ...{ by: NAME, why: writeReason(isMapping) },
    ...(isSigned ? { signer, shown } : {}),
  });
  const statement = { topic: 'evaluability', holds: true } as const;
  await service.adjudicate({ study, subject, statement, on: null, ...decide(null) });
  const items = await service.listWorkItems('open');
  const asked = items.find(({ about, group }) => about !== null && group.endsWith(`|${code}`));
  if (!asked) throw new Error(`Nobody asks about ${code}.`);
  await service.acceptWorkItem({ id: asked.id, target: 'platelets', ...decide(asked.hash, true) });
  const texts = items.filter((item) => item.reason === 'free-text-review' && item.subject === subject);
  if (texts.length === 0) throw new Error(`No text of ${subject} is withheld.`);
  for (const { id, hash } of texts) await service.acceptWorkItem({ id, target: null, ...decide(hash) });
}

/** Makes decisions of every kind about each subject: a statement, a map entry, and the release of what an export has withheld. */
export async function decideAboutSubjects(
  workspace: Workspace,
  study: string,
  people: ConfiguredPeople,
  subjects: readonly DecidedSubject[],
): Promise<void> {
  const service = await openService(loadConfig({ config: workspace.configFile }, {}, workspace.path));
  try {
    const request = { study, format: 'csv', draft: true, trace: false };
    // Read to its end: what it withholds is recorded then.
    for await (const _file of await service.exportStudy(request));
    for (const each of subjects) await decideAbout(service, study, people, each);
  } finally {
    await service.close();
  }
}
