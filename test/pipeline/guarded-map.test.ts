import { expect, test } from '@jest/globals';
import { guardMapper } from '../../src/pipeline/facts/guard-mapper.ts';
import { createAcceptInteractions } from '../../src/pipeline/receive/accept-interactions.ts';
import { SANDBOX_SITE, SANDBOX_STUDY, type SentResource, usePipelineSandbox } from './pipeline-sandbox.ts';

const withPipelineSandbox = usePipelineSandbox();

const buildCount = (id: string): SentResource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p0' },
  effectiveDateTime: '2026-02-01T08:00:00+08:00',
  valueQuantity: { value: 20, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
});

test('a resource on which mapping fails is stored and held, and the others of its transaction are mapped', () =>
  withPipelineSandbox(async ({ tx, parts, setClock, enrol }) => {
    setClock('2026-06-01T12:00:00Z');
    await enrol('S0', 'Patient/p0');
    const failures: unknown[] = [];
    const getSiteContext = (id: string) => {
      const site = parts.getSiteContext(id);
      const map: typeof site.map = (resource, context) => {
        if (resource.id === 'poison') throw new TypeError('undefined is no function');
        return site.map(resource, context);
      };
      return { ...site, map: guardMapper(map, (...failure) => failures.push(failure)) };
    };
    const sent = ['a', 'poison', 'b'].map((id) => ({
      method: 'update' as const,
      resourceType: 'Observation',
      id,
      resource: buildCount(id),
      ifNoneExist: null,
      ifMatch: null,
    }));
    const accept = createAcceptInteractions({ ...parts, getSiteContext });
    const answers = await accept(SANDBOX_SITE, sent, 'all-or-nothing', 'test');
    expect(answers.map(({ disposition }) => disposition)).toEqual(['mapped', 'held', 'mapped']);
    expect(failures).toEqual([[SANDBOX_SITE, 'Observation', expect.any(TypeError)]]);
    expect(await tx.workItems.list('open')).toMatchObject([{ reason: 'cannot-be-mapped', count: 1 }]);
    expect(
      await tx.inbox.getCurrent({ site: SANDBOX_SITE, resourceType: 'Observation', id: 'poison' }),
    ).toBeDefined();
    const facts = await tx.facts.listForSubject(SANDBOX_STUDY, 'S0');
    expect(facts.flatMap(({ sources }) => sources.map(({ id }) => id)).sort()).toEqual(['a', 'b']);
  }));
