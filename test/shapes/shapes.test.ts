import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseJson, stringifyJson } from '../../src/fhir/json.ts';
import { isObject } from '../../src/fhir/resource.ts';
import { factsAsJudged } from '../../src/trial/counts/settle.ts';
import type { Fact } from '../../src/trial/facts.ts';
import { readJson } from '../mapping/library.ts';
import { type Hospital, openHospital } from './hospital.ts';

/** One way in which a hospital sends; every step is a resource, a Bundle, a deletion, or an enrolment. */
interface Case {
  readonly name: string;
  readonly steps: readonly unknown[];
  /** Disposition of each answer of each step; `null` for a step that is not looked at. */
  readonly became?: readonly (readonly string[] | null)[];
  /** Facts of the subject afterwards: each of these, in this order, and no others. */
  readonly facts: readonly object[];
  /** The facts as they are judged, where that differs: derived, settled, invalidated. */
  readonly judged?: readonly object[];
  /** Reasons of the open work items at the site. */
  readonly work?: readonly string[];
}

let hospital: Hospital;
beforeAll(async () => {
  hospital = await openHospital();
});
afterAll(() => hospital.close());

let serial = 0;

async function run(steps: readonly unknown[], site: string): Promise<readonly (readonly string[])[]> {
  const became: (readonly string[])[] = [];
  for (const step of steps) {
    if (isObject(step) && typeof step.enrol === 'string') {
      await hospital.enrol(site, `${site}-${step.subject ?? '1'}`, step.enrol);
      became.push([]);
    } else became.push((await hospital.send(site, step)).map((answer) => answer.disposition));
  }
  return became;
}

function expectEach(found: readonly Fact[], wanted: readonly object[]): void {
  const plain = parseJson(stringifyJson(found)) as object[];
  expect(plain).toHaveLength(wanted.length);
  for (const [i, want] of wanted.entries())
    expect(plain[i]).toMatchObject(parseJson(stringifyJson(want)) as object);
}

async function expectHeld(site: string, c: Case): Promise<void> {
  const facts = await hospital.factsOf(`${site}-1`);
  expectEach(facts, c.facts);
  if (c.judged) expectEach(factsAsJudged(facts), c.judged);
  const work = await hospital.openWork(site);
  expect(work.map((item) => item.reason).sort()).toEqual([...(c.work ?? [])].sort());
}

for (const file of readdirSync(new URL('../cases/shapes/', import.meta.url))) {
  describe(file, () => {
    const cases = readJson(`test/cases/shapes/${file}`) as readonly Case[];
    test.each(cases.map((c) => [c.name, c] as const))('%s', async (_, c) => {
      serial += 1;
      const site = `shape-${serial}`;
      const became = await run(c.steps, site);
      for (const [i, wanted] of (c.became ?? []).entries()) if (wanted) expect(became[i]).toEqual(wanted);
      await expectHeld(site, c);
      // Everything again, in the same order: nothing is doubled, nothing is lost.
      const enrolments = c.steps.filter((step) => isObject(step) && 'enrol' in step);
      if (c.steps.some((step) => isObject(step) && 'delete' in step)) return;
      await run([...enrolments, ...c.steps.filter((step) => !enrolments.includes(step))], site);
      await expectHeld(site, c);
    });
  });
}
