import { beforeAll, describe, expect, test } from '@jest/globals';
import { EXPORT_FORMATS } from '../../src/exports/formats.ts';
import { buildInfusion } from '../stories/hospital-resources.ts';
import { useService } from '../support/with-service.ts';

/** Free text leaves the house only after a person has released just this text. */
const adapter = useService('file');

const NAME = 'Zhang San fell in room 12';
const DECIDER = { by: 'Dr. Review', why: null };

async function readExport(format: string, draft = true): Promise<string> {
  const files: string[] = [];
  const request = { study: 'msc-aa', format, draft, trace: false };
  for await (const { content } of await adapter.service.exportStudy(request))
    files.push(Buffer.from(content).toString('utf8'));
  return files.join('\n');
}

const buildAdverseEvent = (id: string, event: object) => ({
  resourceType: 'AdverseEvent',
  id,
  actuality: 'actual',
  event,
  subject: { reference: 'Patient/p1' },
  date: '2026-02-03',
  seriousness: {
    coding: [
      { system: 'http://terminology.hl7.org/CodeSystem/adverse-event-seriousness', code: 'Non-serious' },
    ],
  },
});

const listReviews = async (status: 'open' | 'resolved' | 'rejected' = 'open') =>
  (await adapter.service.listWorkItems(status)).filter(({ reason }) => reason === 'free-text-review');

beforeAll(async () => {
  await adapter.enrol('F-1', 'Patient/p1');
  await adapter.send(buildInfusion('p1'));
  const coding = [{ system: 'https://www.meddra.org', code: '10016173', display: NAME }];
  await adapter.send(buildAdverseEvent('e1', { coding }));
  await adapter.send(buildAdverseEvent('e2', { text: 'Headache' }));
  await adapter.send({
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-02-03',
    dataAbsentReason: { text: `tube of ${NAME} broke` },
  });
});

describe('a text that nobody has released', () => {
  test.each(EXPORT_FORMATS.map(({ id }) => id))('is not in a draft of %s', async (format) => {
    expect(await readExport(format)).not.toContain('Zhang');
  });

  test('stands as a marker, with the code of its dictionary; a term of registry.json is a term', async () => {
    const csv = await readExport('csv');
    expect(csv).toContain('TEXT-NOT-RELEASED (MedDRA 10016173)');
    expect(csv).toContain('Headache');
    expect(await readExport('statistics')).toContain('TEXT-NOT-RELEASED (MedDRA 10016173)');
  });

  test.each(EXPORT_FORMATS.filter(({ needsReleasedTerms }) => needsReleasedTerms).map(({ id }) => id))(
    '%s is refused, with the subject and the fix',
    async (format) => {
      await expect(readExport(format, false)).rejects.toMatchObject({
        code: 'exports/text-not-released',
        at: 'subject F-1',
        fix: expect.stringContaining('work accept T-'),
        message: expect.not.stringContaining('Zhang'),
      });
    },
  );

  test('is listed as work, once, with the text to be read', async () => {
    await readExport('csv');
    const items = await listReviews();
    expect(items.map(({ kind }) => kind).sort()).toEqual(['absent-reason', 'adverse-event-term']);
    const item = items.find(({ kind }) => kind === 'adverse-event-term');
    expect(item).toMatchObject({
      example: 'AdverseEvent/e1',
      subject: 'F-1',
      detail: expect.stringContaining(NAME),
    });
    expect(await adapter.service.getWorkItem(item?.id ?? '')).toMatchObject({ waiting: ['AdverseEvent/e1'] });
  });
});

describe('a decision', () => {
  test('releases just this text; another decision takes it back; all are kept', async () => {
    await readExport('csv');
    const id = (await listReviews()).find(({ kind }) => kind === 'adverse-event-term')?.id ?? '';
    expect(await adapter.service.acceptWorkItem({ id, target: null, ...DECIDER })).toMatchObject({
      target: 'released',
      unchanged: false,
    });
    const csv = await readExport('csv');
    expect(csv).toContain(NAME);
    expect(csv).not.toContain('broke');
    await expect(readExport('ctgov-ae-xml', false)).rejects.not.toMatchObject({
      code: 'exports/text-not-released',
    });
    expect(await adapter.service.acceptWorkItem({ id, target: null, ...DECIDER })).toMatchObject({
      unchanged: true,
    });
    expect((await listReviews('resolved')).map((item) => item.id)).toEqual([id]);
    await adapter.service.rejectWorkItem(id, DECIDER);
    expect(await readExport('csv')).not.toContain(NAME);
    expect((await adapter.service.getWorkItem(id)).decisions.map(({ verdict }) => verdict)).toEqual([
      'accepted',
      'rejected',
    ]);
  });

  test('does not count for a corrected text', async () => {
    const id = (await listReviews('rejected'))[0]?.id ?? '';
    await adapter.service.acceptWorkItem({ id, target: null, ...DECIDER });
    const corrected = buildAdverseEvent('e1', { text: `${NAME}.` });
    await adapter.send(corrected, { method: 'update' });
    expect(await readExport('csv')).not.toContain(NAME);
    expect((await listReviews()).map(({ detail }) => detail)).toContainEqual(
      expect.stringContaining(`${NAME}.`),
    );
  });
});
