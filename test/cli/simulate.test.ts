import { expect, test } from '@jest/globals';
import { runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const folder = useFolder();
const runSimulate = (...args: string[]) => runInFolder(folder, ['simulate', ...args]);
const SMALL = ['--hospitals', '20', '--hours', '7-11', '--outage', '0.5'];

test('as JSON: the model, the day, and the same day with an outage in the busiest hour', async () => {
  const { code, out } = await runSimulate(...SMALL, '--json');
  expect(code).toBe(0);
  const { model, outage, peak, day, withOutage } = JSON.parse(out);
  expect([model.hospitals, model.instances, model.cpu.perResult]).toEqual([20, 1, 0.0005]);
  expect(outage).toEqual({ from: 8, hours: 0.5 });
  expect(peak.pushes).toBeCloseTo(10, 0);
  expect(day.hours.map(({ hour }: { hour: number }) => hour)).toEqual([7, 8, 9, 10]);
  expect(day.recovery).toBeNull();
  expect(withOutage.arrived).toBe(withOutage.served + withOutage.outstanding);
  expect(withOutage.recovery.caughtUpAfter).toBeGreaterThan(0);
});

test('as tables, for a load and a number of instances of your own', async () => {
  const profile = Array.from({ length: 24 }, (_, hour) => (hour === 9 ? 4 : 1)).join(',');
  const { out } = await runSimulate(...SMALL, '--instances', '2', '--profile', profile);
  expect(out).toMatch(/^2 instances: /);
  expect(out).toContain('Outage from 9:00, 0.5 h');
  expect(out).toMatch(/Backlog when the outage ended: \d+ pushes; gone after/);
  expect((await runSimulate(...SMALL, '--outage', '0')).out).not.toContain('Outage');
});

test.each([
  ['an outage beyond the hours', ['--hours', '7-9', '--outage', '2'], '--outage'],
  ['hours that end before they begin', ['--hours', '9-7'], '--hours'],
  ['a profile of another length', ['--profile', '1,2,3'], '--profile'],
  ['no instances', ['--instances', '0'], '--instances'],
  ['a number that is none', ['--cpu-push', 'fast'], '--cpu-push'],
])('%s: usage', async (_title, args, said) => {
  const { code, out, err } = await runSimulate('--hospitals', '1', ...args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(said);
});

test('a load that no number of instances keeps up with is refused', async () => {
  const { code, err } = await runSimulate(...SMALL, '--cpu-push', '30000');
  expect(code).toBe(1);
  expect(err).toContain('--within');
});
