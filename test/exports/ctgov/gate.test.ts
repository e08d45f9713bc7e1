import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ctgovAeXml, ctgovJson, ctgovXml } from '../../../src/exports/ctgov/export.ts';
import { eudractAeXml } from '../../../src/exports/eudract/export.ts';
import { tracedFiles } from '../traced.ts';
import { REGISTRY } from './registry.ts';
import { filesOf, studyInput } from './small-study.ts';

const FORMATS = [ctgovXml, ctgovAeXml, ctgovJson, eudractAeXml];
const root = join(import.meta.dirname, '../../..');
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const own: unknown = read('mappings/studies/msc-aa/registry.json');
const missing: readonly { remove: string; element: string }[] = read('test/cases/exports/ctgov-missing.json');

function without(path: string): unknown {
  const copy = structuredClone(REGISTRY) as unknown as Record<string, unknown>;
  const steps = path.split('.');
  const key = steps.pop() ?? '';
  const parent = steps.reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], copy);
  delete (parent as Record<string, unknown>)[key];
  return copy;
}

describe('the identity gate', () => {
  const refused = (registry: unknown) => expect(filesOf(ctgovXml, studyInput({ registry }))).rejects;

  test.each(FORMATS.map((format) => [format.id, format] as const))(
    '%s refuses an unconfirmed record',
    async (_, format) => {
      const { confirmed: _confirmed, ...unconfirmed } = REGISTRY;
      await expect(filesOf(format, studyInput({ registry: unconfirmed }))).rejects.toMatchObject({
        code: 'exports/identity',
        at: 'registry.json#/confirmed',
      });
      await expect(filesOf(format, studyInput({ registry: own }))).rejects.toMatchObject({
        code: 'exports/identity',
      });
      await expect(filesOf(format, studyInput({ registry: null }))).rejects.toMatchObject({
        code: 'exports/identity',
      });
    },
  );

  test.each(['title', 'sponsor', 'intervention'])(
    'a confirmed record with another %s is another study',
    async (what) => {
      const confirmed = { ...REGISTRY.confirmed, [what]: 'Alemtuzumab' };
      await refused({ ...REGISTRY, confirmed }).toMatchObject({
        code: 'exports/identity',
        message: `the confirmed registry record differs from this file in ${what}`,
      });
    },
  );

  test('an id that only a publication claims is refused wherever it stands, in a draft too', async () => {
    const ids = [
      { nctId: 'NCT00195624' },
      { orgStudyId: 'nct 00195624' },
      { secondaryIds: [{ id: 'NCT00195624' }] },
    ];
    for (const id of ids) {
      const registry = { ...REGISTRY, identity: { ...REGISTRY.identity, ...id } };
      for (const draft of [false, true])
        await expect(filesOf(ctgovXml, studyInput({ registry, draft }))).rejects.toMatchObject({
          code: 'exports/identity',
        });
    }
  });

  test('a registry.json of another study is refused', async () => {
    await refused({ ...REGISTRY, study: 'other' }).toMatchObject({ code: 'exports/identity' });
  });
});

describe('what is missing', () => {
  test.each(missing)('$remove is named as $element', async ({ remove, element }) => {
    await expect(filesOf(ctgovXml, studyInput({ registry: without(remove) }))).rejects.toMatchObject({
      code: 'exports/incomplete',
      message: expect.stringContaining(`${element} (registry.json#/`),
    });
  });

  test('all of it is named at once', async () => {
    const registry = { ...REGISTRY, eligibility: {}, locations: [] };
    await expect(filesOf(ctgovXml, studyInput({ registry }))).rejects.toMatchObject({
      message: expect.stringMatching(/^6 elements are missing: .*maximum_age/s),
    });
  });

  test('adverse events alone need no protocol section', async () => {
    const { study, identity, confirmed, briefTitle, sponsor, interventions, arms, results } = REGISTRY;
    const registry = { study, identity, confirmed, briefTitle, sponsor, interventions, arms, results };
    expect(Object.keys(await filesOf(ctgovAeXml, studyInput({ registry })))).toContain(
      'ctgov-adverse-events.xml',
    );
  });

  test('a study with two arms is refused: subjects carry none', async () => {
    const registry = { ...REGISTRY, arms: [...REGISTRY.arms, { label: 'Second' }] };
    await expect(filesOf(ctgovXml, studyInput({ registry }))).rejects.toMatchObject({
      message: expect.stringContaining('subjects carry no arm'),
    });
  });

  test('an outcome that the adapter has no figure for is refused', async () => {
    const quality = { figure: null, type: 'Secondary', title: 'Quality of life', timeFrame: '1 year' };
    const registry = { ...REGISTRY, outcomes: [...REGISTRY.outcomes, quality] };
    await expect(filesOf(ctgovXml, studyInput({ registry }))).rejects.toMatchObject({
      code: 'exports/incomplete',
    });
  });
});

describe('a draft', () => {
  test.each(FORMATS.map((format) => [format.id, format] as const))(
    '%s of the bundled study marks its gaps',
    async (_, format) => {
      const [file] = await tracedFiles(format, studyInput({ registry: own, draft: true }));
      const content = file?.content.toString('utf8');
      expect(content).toContain('DRAFT PLACEHOLDER: ');
      expect(content).not.toContain('NCT00195624');
      expect(file?.placeholders).toContainEqual({
        element: 'reportedEvents/timeFrame',
        registry: '/results/events/timeFrame',
      });
    },
  );

  test('never carries the real study id, even where registry.json has it', async () => {
    for (const format of [ctgovXml, ctgovAeXml, ctgovJson]) {
      const [content] = Object.values(await filesOf(format, studyInput({ draft: true })));
      expect(content).toContain('DRAFT-NOT-FOR-UPLOAD');
      expect(content).not.toContain(REGISTRY.identity.orgStudyId);
      expect(content).not.toContain('INV-SEC-1');
    }
  });
});
