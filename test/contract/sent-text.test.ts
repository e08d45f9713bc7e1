import { describe, expect, test } from '@jest/globals';
import type { ResourceVersion } from '../../src/store/inbox-store.ts';
import { STORE_KINDS } from '../support/store-kinds.ts';
import { useStore } from '../support/with-store.ts';

const KEY = { site: 's', resourceType: 'Observation', id: 'o1' };
const NO_INDEX = { identifiers: [], references: [] };
const OWNER = { study: 'a', subject: 'S1' };

const buildVersion = (
  content: Pick<ResourceVersion, 'body' | 'sentText'>,
): Omit<ResourceVersion, 'version'> => ({
  ...{ ...KEY, senderVersion: null, senderUpdated: null, receivedAt: '2026-03-01', door: 'test' },
  ...{ fhirVersion: '4.0', digest: 'd', retention: 'kept', disposition: 'mapped' },
  ...content,
});

describe.each(STORE_KINDS)('%s', (_name, prepare) => {
  const testStore = useStore('test', prepare());

  test.each<[string, Pick<ResourceVersion, 'body' | 'sentText'>]>([
    [
      'the text as sent, beside the body',
      { body: '{"v":1.50}', sentText: '{ "v" : 1.50,\n"x":"\\u001e\\u0000" }' },
    ],
    ['a body that is the text as sent', { body: '{"v":1}' }],
    ['a deletion', { body: null }],
  ])('keeps %s', async (_title, content) => {
    await testStore.store.transaction((tx) =>
      tx.inbox.addVersion(buildVersion(content), NO_INDEX, true, [OWNER]),
    );
    await testStore.reopen();
    const stored = await testStore.store.read((tx) => tx.inbox.getCurrent(KEY));
    expect([stored?.body, stored?.sentText]).toEqual([content.body, content.sentText]);
  });
});
