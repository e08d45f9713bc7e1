import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseProtocol } from '../../src/library/formats/protocol-schema.ts';
import { buildAdverseEventTable, countEventsByTerm } from '../../src/trial/endpoints/adverse-event-table.ts';
import { findEventsAtBaseline } from '../../src/trial/endpoints/baseline-cytopenias.ts';
import type { AdverseEventFact, Fact } from '../../src/trial/facts.ts';
import { buildVignetteFacts, DAY_ZERO, readBundledProtocol } from './vignette.ts';

interface BaselineEventCase {
  readonly name: string;
  readonly before: Readonly<Record<string, string>>;
  readonly event: Partial<AdverseEventFact>;
  readonly atBaseline: boolean;
}

const cases: readonly BaselineEventCase[] = JSON.parse(
  readFileSync(new URL('../cases/adverse-events/baseline.json', import.meta.url), 'utf8'),
);
const protocol = readBundledProtocol();

function buildAdverseEvent(more: Partial<AdverseEventFact>): AdverseEventFact {
  const source = { site: 'site-1', resourceType: 'AdverseEvent', id: 'e', version: null, element: 'x' };
  const none = { code: null, system: null, systemVersion: null, severity: null, serious: null };
  return {
    kind: 'adverse-event',
    key: 'e',
    subject: 'T-1',
    at: { text: DAY_ZERO, earliestDay: DAY_ZERO, latestDay: DAY_ZERO, instant: null },
    sources: [source],
    term: '',
    grade: null,
    outcome: null,
    resolved: null,
    ...none,
    ...more,
  };
}

function buildCaseFacts({ before, event }: BaselineEventCase): readonly Fact[] {
  const known = buildVignetteFacts({
    name: 'x',
    follows: '-',
    baseline: 'none',
    today: 100,
    counts: [[-3, before]],
    expect: {},
  });
  return [...known, buildAdverseEvent(event)];
}

test.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
  const facts = buildCaseFacts(c);
  const marked = findEventsAtBaseline(facts, protocol);
  expect(marked.size).toBe(c.atBaseline ? 1 : 0);
  expect(buildAdverseEventTable([countEventsByTerm(facts, marked)])).toMatchObject([
    { events: 1, atBaseline: marked.size },
  ]);
});

test('a protocol without cytopenias marks nothing', () => {
  const facts = buildCaseFacts({ ...(cases[0] as BaselineEventCase) });
  expect(findEventsAtBaseline(facts, { ...protocol, cytopenias: null }).size).toBe(0);
});

test('an error in the cytopenias is reported with its place', () => {
  const file = new URL('../../mappings/studies/msc-aa/protocol.json', import.meta.url);
  const json = JSON.parse(readFileSync(file, 'utf8'));
  json.cytopenias.of[0].grades[0].below = 100;
  expect(parseProtocol(json, 'p.json')).toMatchObject({
    problems: [{ at: 'p.json#/cytopenias/of/0/grades/0/below' }],
  });
});
