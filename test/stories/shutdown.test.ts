import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import {
  type AdapterInstallation,
  type ServedAdapter,
  useInstallation,
} from '../support/with-installation.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** How the service ends: when it is stopped, and when its disk fails. */
const stopped = useInstallation();
const withFullDisk = useInstallation();

const ENROLMENT = 'K-1,dev,Patient/p1,2026-01-01,2026-01-01';

interface PushOutcome {
  readonly acknowledged: readonly string[];
  readonly statuses: ReadonlySet<number>;
}

/** Sends counts one after another until the service no longer answers. */
async function pushUntilGone(
  served: ServedAdapter,
  prefix: string,
  onThirdAnswer?: () => void,
): Promise<PushOutcome> {
  const acknowledged: string[] = [];
  const statuses = new Set<number>();
  for (let n = 0; ; n++) {
    const id = `${prefix}-${n}`;
    const count = buildPlateletCount(id, 'Patient/p1', n, '2026-02-03', { identifier: [{ value: id }] });
    try {
      const { status } = await served.post(count);
      statuses.add(status);
      if (status === 201) acknowledged.push(id);
      if (n === 2) onThirdAnswer?.();
    } catch {
      return { acknowledged, statuses };
    }
  }
}

/** Begins a request whose body does not come. */
function openUnfinishedUpload({ origin }: ServedAdapter): Socket {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(
    'POST /fhir/Observation HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer story-token\r\n' +
      'Content-Type: application/fhir+json\r\nContent-Length: 900\r\n\r\n{',
  );
  return socket;
}

const listStoredIds = async (installation: AdapterInstallation): Promise<ReadonlySet<string>> =>
  new Set((await installation.readStore((tx) => tx.inbox.listCurrent())).map(({ id }) => id));

test('stopped under load: requests under way are answered, exit 0, nothing acknowledged is lost', async () => {
  await stopped.enrol(ENROLMENT);
  const served = await stopped.startService();
  const busy = Promise.withResolvers<void>();
  const senders = [1, 2, 3, 4].map((n) => pushUntilGone(served, `s${n}`, busy.resolve));
  await busy.promise;
  await setTimeout(100);
  expect(await served.stop()).toBe(0);
  const pushed = await Promise.all(senders);
  expect([...new Set(pushed.flatMap(({ statuses }) => [...statuses]))]).toEqual([201]);
  const ids = await listStoredIds(stopped);
  const acknowledged = pushed.flatMap((outcome) => outcome.acknowledged);
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  expect(ids.size).toBe(acknowledged.length);
});

test('a second signal ends the service at once, whatever is under way', async () => {
  const served = await stopped.startService();
  const unfinished = openUnfinishedUpload(served);
  await setTimeout(100);
  const ended = served.stop();
  await served.waitForStderr('second signal');
  void served.stop();
  expect(await ended).toBeNull();
  unfinished.destroy();
});

/** No file may grow beyond this many blocks of 512 bytes: from then on writing fails, as on a failing disk. */
const FILE_SIZE_LIMIT = ['sh', '-c', 'ulimit -f 1500; exec "$@"', 'sh'];

test('a failing disk: only what is on it is acknowledged; the service stops, and starts again with all of it', async () => {
  await withFullDisk.enrol(ENROLMENT);
  const served = await withFullDisk.startService(FILE_SIZE_LIMIT);
  const senders = [1, 2, 3].map((n) => pushUntilGone(served, `s${n}`));
  await served.waitForStderr('store/unusable');
  expect(await served.waitForExit()).toBe(1);
  const pushed = await Promise.all(senders);
  for (const { acknowledged, statuses } of pushed) {
    expect(acknowledged).not.toEqual([]);
    expect([...statuses].filter((status) => status !== 201 && status !== 503)).toEqual([]);
  }
  const ids = await listStoredIds(withFullDisk);
  expect(pushed.flatMap(({ acknowledged }) => acknowledged).filter((id) => !ids.has(id))).toEqual([]);
  const restarted = await withFullDisk.startService();
  const count = buildPlateletCount('after', 'Patient/p1', 20, '2026-02-04');
  expect((await restarted.post(count)).status).toBe(201);
  await restarted.stop();
});
