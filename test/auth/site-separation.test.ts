import { expect, test } from '@jest/globals';
import { ROUTES } from '../../src/http/fhir/routes.ts';
import { useService } from '../support/with-service.ts';
import { checkSeparation, listProbedRoutes, openSeparatedSites } from './sandbox/site-probes.ts';

/** Another site's thing is answered as one that is nowhere: whoever asks learns nothing, and changes nothing. */
test('what another site has is answered as what nobody has, through every door', async () => {
  const sites = await openSeparatedSites();
  try {
    const { asked, leaks } = await checkSeparation(sites);
    expect(leaks).toEqual([]);
    expect(asked).toBeGreaterThan(300);
    // The control: the owner is told more.
    expect((await checkSeparation(sites, { asOwner: true })).leaks.length).toBeGreaterThan(20);
  } finally {
    await sites.close();
  }
});

const adapter = useService('test', { siteSettings: { subjectNumbers: ['H-*'] } });

test('a file cannot enrol under a number of another site either; what is enrolled already stays', async () => {
  await adapter.enrol('H-1', 'Patient/p1');
  await adapter.enrol('H-1', 'Patient/p1');
  await expect(adapter.enrol('N-1', 'Patient/p2')).rejects.toMatchObject({ code: 'intake/enrolment' });
  await expect(adapter.enrol('H-2', 'Patient/p2', { site: 'elsewhere' })).rejects.toMatchObject({
    code: 'intake/enrolment',
  });
});

test('every route that tells something is asked; a new one needs a question', () => {
  const probed = listProbedRoutes();
  const telling = ROUTES.filter(({ needs }) => needs !== 'nothing').map(
    ({ method, path }) => `${method} ${path}`,
  );
  expect(telling.filter((route) => !probed.has(route))).toEqual([]);
  expect(telling.length).toBeGreaterThan(5);
});
