import { expect, test } from '@jest/globals';
import { useService } from '../../support/with-service.ts';

const adapter = useService('file');

const buildTransfusion = (subject: object) => ({
  resourceType: 'Procedure',
  identifier: [{ system: 'urn:order', value: '7' }],
  status: 'completed',
  code: { coding: [{ system: 'http://snomed.info/sct', code: '116863004' }] },
  subject,
  performedDateTime: '2026-01-10T10:00:00Z',
});

test('a store of an earlier version is indexed when it is opened: a repeat is still the same resource', async () => {
  await adapter.enrol('S', 'Patient/p');
  await adapter.send({
    resourceType: 'Patient',
    id: 'p',
    identifier: [{ system: 'urn:mrn', value: '1' }],
  });
  const first = await adapter.send(buildTransfusion({ reference: 'Patient/p' }));
  await adapter.withSqlite((database) => {
    database.exec(`DELETE FROM resource_identifier WHERE identifier LIKE '=%'`);
    database.exec(`DELETE FROM note WHERE name = 'index-form'`);
  });
  await adapter.restart();
  // The patient is named in another way, so that the repeat is found by what it states and not by its derived id.
  const again = await adapter.send(buildTransfusion({ identifier: { system: 'urn:mrn', value: '1' } }));
  expect(again.id).toBe(first.id);
  expect((await adapter.listFacts('S')).filter(({ kind }) => kind === 'transfusion')).toHaveLength(1);
});
