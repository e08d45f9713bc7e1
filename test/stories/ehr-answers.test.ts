import { afterEach, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { openStore } from '../../src/service/opening/open-store.ts';
import type { OutboxEntry } from '../../src/store/outbox.ts';
import { formatAnswer, type RawAnswer, type RawServer, startRawServer } from '../support/raw-server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { useInstallation } from '../support/with-installation.ts';
import {
  buildSampleAssessment,
  buildSampleAssessments,
  buildWritebackContext,
  enqueueWrites,
} from '../writeback/sample-assessments.ts';

/** What an EHR answers never ends the write-back, and never keeps the service from stopping. */
const installation = useInstallation();
let ehr: RawServer | null = null;
afterEach(() => ehr?.stop());

/** Answers as an EHR that stores everything and finds nothing. */
const answerWell: RawAnswer = (socket, request) => {
  const body = request.slice(request.indexOf('\r\n\r\n') + 4);
  const sent = body === '' ? [] : (JSON.parse(body) as { entry: { request: { url: string } }[] }).entry;
  const entry = sent.map(({ request: { url } }, n) => ({
    response: { status: '201', location: `${url.split(/[?/]/)[0]}/${n}/_history/1` },
  }));
  socket.write(formatAnswer(JSON.stringify({ resourceType: 'Bundle', type: 'transaction-response', entry })));
};

async function startWithEhr(answer: RawAnswer) {
  ehr = await startRawServer(answer);
  const base = `http://127.0.0.1:${ehr.port}/fhir`;
  installation.folder.writeJson('trial-adapter.json', { sites: { dev: { ehr: { base } } } });
  return installation.startService();
}

/** Owes the EHR one write-back about the subject. */
async function enqueueFor(subject: string, visit: string): Promise<void> {
  const config = loadConfig({ data: `${installation.folder.path}/data` }, {}, installation.folder.path);
  const store = await openStore(config);
  try {
    const context = buildWritebackContext({ now: new Date().toISOString() });
    const assessments = buildSampleAssessments({ assessments: [buildSampleAssessment({ visit })] });
    const site = { site: 'dev', subject };
    await enqueueWrites(store, assessments, undefined, context, site);
  } finally {
    await store.close();
  }
}

const findEntry = async (subject: string): Promise<OutboxEntry | undefined> =>
  (await installation.readStore((tx) => tx.outbox.list({ subject })))[0];

test('after a 101 the write-back goes on, and SIGTERM ends the service with 0', async () => {
  const served = await startWithEhr((socket, request, number) => {
    if (number > 1) return answerWell(socket, request, number);
    return void socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    );
  });
  await installation.enrol('A,dev,Patient/a,2026-01-01,2026-01-01');
  await enqueueFor('A', 'M3');
  await waitUntil(async () => (await findEntry('A'))?.state === 'delivered');
  expect((await findEntry('A'))?.attempts).toBe(1);
  expect(await served.stop()).toBe(0);
});

test('SIGTERM does not wait for an EHR that is silent: the entry stays owed, with its failure', async () => {
  const served = await startWithEhr(() => {});
  await installation.enrol('B,dev,Patient/b,2026-01-01,2026-01-01');
  await enqueueFor('B', 'M6');
  await waitUntil(async () => (ehr?.countRequests() ?? 0) > 0);
  expect(await served.stop()).toBe(0);
  expect(await findEntry('B')).toMatchObject({ state: 'pending', attempts: 1, failureCode: 'timeout' });
});
