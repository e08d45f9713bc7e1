import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseJson, stringifyJson } from '../../src/fhir/lossless-json.ts';
import { isObject } from '../../src/fhir/resource.ts';
import { mergeStatements } from '../../src/trial/counts/merge-statements.ts';
import { reconcileFacts } from '../../src/trial/counts/reconcile-facts.ts';
import type { Fact } from '../../src/trial/facts.ts';
import { readRepositoryJson } from '../mapping/bundled-mappings.ts';
import { useService } from '../support/with-service.ts';
import { sendShape } from './send-shape.ts';

/** One way in which a hospital sends data; every step is a resource, a Bundle, a deletion, or an enrolment. */
interface ShapeCase {
  readonly name: string;
  readonly steps: readonly unknown[];
  /** Disposition of each answer of each step; `null` for a step that is not checked. */
  readonly became?: readonly (readonly string[] | null)[];
  /** Exactly the facts of the subject afterwards, in order. */
  readonly facts: readonly object[];
  /** The facts as they are assessed, where they differ: derived, reconciled, invalidated. */
  readonly judged?: readonly object[];
  /** Reasons of the open work items at the site. */
  readonly work?: readonly string[];
}

const adapter = useService('file');

let siteCount = 0;

async function runSteps(steps: readonly unknown[], site: string): Promise<readonly (readonly string[])[]> {
  const became: (readonly string[])[] = [];
  for (const step of steps) {
    if (isObject(step) && typeof step.enrol === 'string') {
      await adapter.enrol(`${site}-${step.subject ?? '1'}`, step.enrol, { site: site });
      became.push([]);
    } else became.push((await sendShape(adapter, site, step)).map((answer) => answer.disposition));
  }
  return became;
}

function expectEach(found: readonly Fact[], wanted: readonly object[]): void {
  const plain = parseJson(stringifyJson(found)) as object[];
  expect(plain).toHaveLength(wanted.length);
  for (const [i, want] of wanted.entries())
    expect(plain[i]).toMatchObject(parseJson(stringifyJson(want)) as object);
}

async function expectOutcome(site: string, c: ShapeCase): Promise<void> {
  const stated = await adapter.listFacts(`${site}-1`);
  // A withdrawal states no fact.
  expectEach(mergeStatements(stated.filter(({ kind }) => kind !== 'withdrawal')), c.facts);
  if (c.judged) expectEach(reconcileFacts(stated), c.judged);
  const work = await adapter.listOpenWork(site);
  expect(work.map((item) => item.reason).sort()).toEqual([...(c.work ?? [])].sort());
}

for (const file of readdirSync(new URL('../cases/shapes/', import.meta.url))) {
  describe(file, () => {
    const cases = readRepositoryJson(`test/cases/shapes/${file}`) as readonly ShapeCase[];
    test.each(cases.map((c) => [c.name, c] as const))('%s', async (_, c) => {
      siteCount += 1;
      const site = `shape-${siteCount}`;
      const became = await runSteps(c.steps, site);
      for (const [i, wanted] of (c.became ?? []).entries()) if (wanted) expect(became[i]).toEqual(wanted);
      await expectOutcome(site, c);
      // Sent again in the same order, nothing is duplicated or lost.
      const enrolments = c.steps.filter((step) => isObject(step) && 'enrol' in step);
      if (c.steps.some((step) => isObject(step) && 'delete' in step)) return;
      await runSteps([...enrolments, ...c.steps.filter((step) => !enrolments.includes(step))], site);
      await expectOutcome(site, c);
    });
  });
}
