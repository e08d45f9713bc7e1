/**
 * S1: nobody gets in who does not belong. Every case of authentication; tokens of which one thing is wrong, of every kind that is
 * known to have been accepted somewhere; and each requirement of SMART App Launch 2.2 for servers, with what shows it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compactVerify, importJWK } from 'jose';
import { type AccessSandbox, getClientKey, openAccessSandbox } from '../test/auth/sandbox/access-sandbox.ts';
import { buildAssertion } from '../test/auth/sandbox/build-token.ts';
import { type AuthCase, requestSandboxToken, runAuthCase } from '../test/auth/sandbox/run-case.ts';
import { sendRequest } from '../test/auth/sandbox/send-request.ts';
import type { Bar, BarContext, BarResult } from './bar.ts';
import { listBadTexts, listBadTokens } from './support/bad-tokens.ts';

const REPOSITORY = join(import.meta.dirname, '..');
const CASES = join(REPOSITORY, 'test/cases/auth');
const CASE_FILES = ['token-endpoint', 'resource-server', 'other-methods'];

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

const listCases = (): readonly AuthCase[] =>
  CASE_FILES.flatMap(
    (name) => (readJson(join(CASES, `${name}.json`)) as { cases: readonly AuthCase[] }).cases,
  );

async function runCases(sandbox: AccessSandbox, cases: readonly AuthCase[]): Promise<readonly string[]> {
  const breaches: string[] = [];
  for (const authCase of cases) {
    const differences = await runAuthCase(sandbox, authCase);
    breaches.push(...differences.map((text) => `${authCase.id}: ${text}`));
  }
  return breaches;
}

/** Sends tokens of which something is wrong; returns those that were accepted, and how many were sent. */
async function sendBadTokens(
  sandbox: AccessSandbox,
  { share, seed }: BarContext,
): Promise<{ sent: number; kinds: number; breaches: readonly string[] }> {
  const breaches: string[] = [];
  const kinds = new Set<string>();
  let sent = 0;
  for (const client of ['engine-ec', 'engine-rsa']) {
    const count = Math.max(400, Math.round(2_000 * share));
    for (const { kind, text } of listBadTokens(client, () => sandbox.now(), count, seed)) {
      // Past the minute of failures that were counted, and within the life of no assertion.
      sandbox.advance(61);
      const { status } = await requestSandboxToken(sandbox, text());
      sent += 1;
      kinds.add(kind);
      if (status < 400 || status >= 500) breaches.push(`${client}, ${kind}, seed ${seed}: ${status}`);
    }
  }
  return { sent, kinds: kinds.size, breaches };
}

/** Sends access tokens with one change of their text to /fhir; returns those that were let in, and how many were sent. */
async function sendBadAccessTokens(
  sandbox: AccessSandbox,
  { share, seed }: BarContext,
): Promise<{ sent: number; breaches: readonly string[] }> {
  const breaches: string[] = [];
  let sent = 0;
  const { text } = await requestSandboxToken(sandbox, buildAssertion({}, sandbox.now()));
  const { access_token: valid } = JSON.parse(text) as { access_token: string };
  for (const { kind, text: token } of listBadTexts(valid, Math.max(200, Math.round(2_000 * share)), seed)) {
    const { status } = await sendRequest({
      method: 'DELETE',
      url: `${sandbox.urls.http}/fhir/Observation/x`,
      headers: { Authorization: `Bearer ${token}` },
    });
    sent += 1;
    if (status !== 401 && status !== 429) breaches.push(`access token, ${kind}, seed ${seed}: ${status}`);
  }
  return { sent, breaches };
}

/** Requirements, each with the cases that show it, or the file that does. */
interface Requirement {
  readonly id: number;
  readonly cases?: readonly string[];
  readonly shownBy?: string;
}

/** Compares the requirements with Inferno's list and with the cases; null where the list is not on this machine. */
function traceRequirements(
  sharedFolder: string,
  failed: readonly string[],
): { traced: number; breaches: readonly string[] } | null {
  const list = join(sharedFolder, 'corpora/smart-backend-requirements/server_47.csv');
  if (!existsSync(list)) return null;
  const wanted = [...readFileSync(list, 'utf8').matchAll(/^(\d+),(?:SHALL|SHOULD|MAY)/gm)].map(([, id]) =>
    Number(id),
  );
  const { requirements } = readJson(join(CASES, 'smart-requirements.json')) as {
    requirements: readonly Requirement[];
  };
  const ids = new Set(listCases().map(({ id }) => id));
  const isShown = ({ cases = [], shownBy }: Requirement): boolean =>
    shownBy === undefined
      ? cases.length > 0 &&
        cases.every((id) => ids.has(id) && !failed.some((text) => text.startsWith(`${id}:`)))
      : existsSync(join(REPOSITORY, shownBy));
  const shown = wanted.filter((id) => requirements.some((row) => row.id === id && isShown(row)));
  return {
    traced: shown.length,
    breaches: wanted.filter((id) => !shown.includes(id)).map((id) => `requirement ${id} is shown by nothing`),
  };
}

/** Counts the non-canonical tokens that the library alone accepts: what the check before it is for. */
async function countLenientlyAccepted(now: Date): Promise<number> {
  let accepted = 0;
  const { publicJwk } = getClientKey('ec');
  const key = await importJWK({ ...publicJwk }, 'ES384');
  for (const writing of [
    'bits-that-decoders-ignore',
    'space-inside',
    'padded',
    'line-break-at-end',
  ] as const) {
    const text = buildAssertion({ claims: { pad: 'x' }, writing }, now);
    accepted += await compactVerify(text, key).then(
      () => 1,
      () => 0,
    );
  }
  return accepted;
}

/** Runs what each protection is for, with the protection taken away; returns what is then found, by protection. */
async function runControls(now: Date): Promise<Readonly<Record<string, number>>> {
  const cases = listCases();
  const forgetful = await openAccessSandbox({ forgetsAssertions: true });
  const generous = await openAccessSandbox({ ignoresScopes: true });
  try {
    return {
      jti: (
        await runCases(
          forgetful,
          cases.filter(({ id }) => id.startsWith('jti-')),
        )
      ).length,
      canonical: await countLenientlyAccepted(now),
      scopes: (
        await runCases(
          generous,
          cases.filter(({ covers }) => covers?.includes(266)),
        )
      ).length,
    };
  } finally {
    await forgetful.close();
    await generous.close();
  }
}

async function runS1(context: BarContext): Promise<BarResult> {
  const sandbox = await openAccessSandbox();
  try {
    const cases = listCases();
    const failed = await runCases(sandbox, cases);
    const bad = await sendBadTokens(sandbox, context);
    const badAccess = await sendBadAccessTokens(sandbox, context);
    const traced = traceRequirements(context.sharedFolder, failed);
    const controls = await runControls(sandbox.now());
    const missing = Object.entries(controls).filter(([, found]) => found === 0);
    return {
      counts: {
        cases: cases.length,
        badTokens: bad.sent,
        badAccessTokens: badAccess.sent,
        kinds: bad.kinds,
        ...(traced ? { requirementsTraced: traced.traced } : { requirementsNotOnThisMachine: 47 }),
      },
      breaches: [
        ...failed,
        ...bad.breaches,
        ...badAccess.breaches,
        ...(traced?.breaches ?? []),
        ...missing.map(([name]) => `the control without the check of ${name} found nothing`),
      ],
      control: {
        name: `without the check of ${Object.entries(controls)
          .map(([name, found]) => `${name} ${found}`)
          .join(', ')}`,
        found: Math.min(...Object.values(controls)),
      },
    };
  } finally {
    await sandbox.close();
  }
}

export const authenticationBar: Bar = {
  id: 'S1',
  name: 'nobody gets in who does not belong',
  run: runS1,
};
