import { expect, test } from '@jest/globals';
import { useInstallation } from '../support/with-installation.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** Two services on one data folder would write everything back twice. */
const installation = useInstallation();

test('a second service is refused and names the first; commands run beside it; kill -9 leaves nothing to remove', async () => {
  const first = await installation.startService();
  const refused = await installation.run('serve', '--dev', '--port', '0');
  expect([refused.code, refused.out]).toEqual([1, '']);
  expect(refused.err).toMatch(/process \d+ on \S+, since \d{4}-\d\d-\d\dT.*\[store\/busy\]/);
  await expect(installation.startService()).rejects.toThrow('[store/busy]');

  await installation.enrol('T-1,dev,Patient/p1,2026-01-01,2026-01-01');
  expect((await first.post(buildPlateletCount('o1', 'Patient/p1', 24, '2026-01-05'))).status).toBe(201);
  expect(await installation.runJson('report')).toMatchObject({ subjects: 1 });
  expect((await installation.run('seal-key', '--give-up')).code).toBe(1);

  await first.kill();
  const second = await installation.startService();
  expect((await second.post(buildPlateletCount('o2', 'Patient/p1', 25, '2026-01-06'))).status).toBe(201);
  expect(await second.stop()).toBe(0);
  const third = await installation.startService();
  expect(await third.stop()).toBe(0);
});
