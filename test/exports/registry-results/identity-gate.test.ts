import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ctgovAeXml, ctgovJson, ctgovXml } from '../../../src/exports/ctgov/ctgov.ts';
import { eudractAeXml } from '../../../src/exports/eudract/eudract.ts';
import { collectTracedFiles } from '../collect-traces.ts';
import { COMPLETE_REGISTRY } from './complete-registry.ts';
import { buildSixSubjectStudy, collectFormatFiles } from './six-subject-study.ts';

const REGISTRY_FORMATS = [ctgovXml, ctgovAeXml, ctgovJson, eudractAeXml];
const root = join(import.meta.dirname, '../../..');
const readJson = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const ownRegistry: unknown = readJson('mappings/studies/msc-aa/registry.json');
const missingCases: readonly { remove: string; element: string }[] = readJson(
  'test/cases/exports/ctgov-missing.json',
);

function removeFromRegistry(path: string): unknown {
  const copy = structuredClone(COMPLETE_REGISTRY) as unknown as Record<string, unknown>;
  const steps = path.split('.');
  const key = steps.pop() ?? '';
  const parent = steps.reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], copy);
  delete (parent as Record<string, unknown>)[key];
  return copy;
}

describe('the identity gate', () => {
  const refused = (registry: unknown) =>
    expect(collectFormatFiles(ctgovXml, buildSixSubjectStudy({ registry }))).rejects;

  test.each(REGISTRY_FORMATS.map((format) => [format.id, format] as const))(
    '%s refuses an unconfirmed record',
    async (_, format) => {
      const { confirmed: _confirmed, ...unconfirmed } = COMPLETE_REGISTRY;
      await expect(
        collectFormatFiles(format, buildSixSubjectStudy({ registry: unconfirmed })),
      ).rejects.toMatchObject({
        code: 'exports/identity',
        at: 'registry.json#/confirmed',
      });
      await expect(
        collectFormatFiles(format, buildSixSubjectStudy({ registry: ownRegistry })),
      ).rejects.toMatchObject({
        code: 'exports/identity',
      });
      await expect(
        collectFormatFiles(format, buildSixSubjectStudy({ registry: null })),
      ).rejects.toMatchObject({
        code: 'exports/identity',
      });
    },
  );

  test.each(['title', 'sponsor', 'intervention'])(
    'a confirmed record with another %s is another study',
    async (what) => {
      const confirmed = { ...COMPLETE_REGISTRY.confirmed, [what]: 'Alemtuzumab' };
      await refused({ ...COMPLETE_REGISTRY, confirmed }).toMatchObject({
        code: 'exports/identity',
        message: `The confirmed registry record differs from registry.json in ${what}.`,
      });
    },
  );

  test('an id that only a publication claims is refused in any field, in a draft too', async () => {
    const ids = [
      { nctId: 'NCT00195624' },
      { orgStudyId: 'nct 00195624' },
      { secondaryIds: [{ id: 'NCT00195624' }] },
    ];
    for (const id of ids) {
      const registry = { ...COMPLETE_REGISTRY, identity: { ...COMPLETE_REGISTRY.identity, ...id } };
      for (const draft of [false, true])
        await expect(
          collectFormatFiles(ctgovXml, buildSixSubjectStudy({ registry, draft })),
        ).rejects.toMatchObject({
          code: 'exports/identity',
        });
    }
  });

  test('a registry.json of another study is refused', async () => {
    await refused({ ...COMPLETE_REGISTRY, study: 'other' }).toMatchObject({ code: 'exports/identity' });
  });
});

describe('what is missing', () => {
  test.each(missingCases)('$remove is named as $element', async ({ remove, element }) => {
    await expect(
      collectFormatFiles(ctgovXml, buildSixSubjectStudy({ registry: removeFromRegistry(remove) })),
    ).rejects.toMatchObject({
      code: 'exports/incomplete',
      message: expect.stringContaining(`${element} (registry.json#/`),
    });
  });

  test('all of it is named at once', async () => {
    const registry = { ...COMPLETE_REGISTRY, eligibility: {}, locations: [] };
    await expect(collectFormatFiles(ctgovXml, buildSixSubjectStudy({ registry }))).rejects.toMatchObject({
      message: expect.stringMatching(/^6 elements are missing: .*maximum_age/s),
    });
  });

  test('adverse events alone need no protocol section', async () => {
    const { study, identity, confirmed, briefTitle, sponsor, interventions, arms, results } =
      COMPLETE_REGISTRY;
    const registry = { study, identity, confirmed, briefTitle, sponsor, interventions, arms, results };
    expect(Object.keys(await collectFormatFiles(ctgovAeXml, buildSixSubjectStudy({ registry })))).toContain(
      'ctgov-adverse-events.xml',
    );
  });

  test('a study with two arms is refused: subjects carry none', async () => {
    const registry = { ...COMPLETE_REGISTRY, arms: [...COMPLETE_REGISTRY.arms, { label: 'Second' }] };
    await expect(collectFormatFiles(ctgovXml, buildSixSubjectStudy({ registry }))).rejects.toMatchObject({
      message: expect.stringContaining('subjects carry no arm'),
    });
  });

  test('an outcome that the adapter has no figure for is refused', async () => {
    const quality = { figure: null, type: 'Secondary', title: 'Quality of life', timeFrame: '1 year' };
    const registry = { ...COMPLETE_REGISTRY, outcomes: [...COMPLETE_REGISTRY.outcomes, quality] };
    await expect(collectFormatFiles(ctgovXml, buildSixSubjectStudy({ registry }))).rejects.toMatchObject({
      code: 'exports/incomplete',
    });
  });
});

describe('a draft', () => {
  test.each(REGISTRY_FORMATS.map((format) => [format.id, format] as const))(
    '%s of the bundled study marks its gaps',
    async (_, format) => {
      const [file] = await collectTracedFiles(
        format,
        buildSixSubjectStudy({ registry: ownRegistry, draft: true }),
      );
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
      const [content] = Object.values(
        await collectFormatFiles(format, buildSixSubjectStudy({ draft: true })),
      );
      expect(content).toContain('DRAFT-NOT-FOR-UPLOAD');
      expect(content).not.toContain(COMPLETE_REGISTRY.identity.orgStudyId);
      expect(content).not.toContain('INV-SEC-1');
    }
  });
});
