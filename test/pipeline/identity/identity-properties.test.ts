import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { usePipelineSandbox } from '../pipeline-sandbox.ts';
import { listVanished, type Receiver, SUBJECTS, type SubjectNumber } from './properties/fates.ts';
import { sequences } from './properties/generate-sequences.ts';
import { OLD_RULE } from './properties/old-rule.ts';
import { keepOrderFree } from './properties/order-free.ts';
import { createPipelineReceiver } from './properties/pipeline-receiver.ts';
import {
  formatSequence,
  listDeliveries,
  type SequenceDelivery,
  type Statement,
  selectStatements,
  type Unit,
} from './properties/sequences.ts';

/**
 * Whose, which, newest, as properties of any sequence of deliveries: nothing said about one person changes a fact of another; no
 * accepted statement vanishes; any order, grouping and repetition gives the same. Each runs on the real pipeline, where it holds,
 * and on a model of the rule that the pipeline had before, where it does not.
 */
const pipeline = createPipelineReceiver(usePipelineSandbox());

/** Sequences for each property; by default those that PROPERTIES says. */
const RUNS = process.env.IDENTITY_RUNS === undefined ? null : Number(process.env.IDENTITY_RUNS);
const TIMEOUT_MS = 3_600_000;

function fail(what: string, sent: readonly (readonly SequenceDelivery[])[], detail: unknown): never {
  const sequence = sent.map(formatSequence).join('\n\nand\n\n');
  throw new Error(`${what}\n\n${sequence}\n\n${JSON.stringify(detail, null, 1)}`);
}

const isSame = (first: unknown, second: unknown): boolean => JSON.stringify(first) === JSON.stringify(second);

/**
 * Lists what is sent about one subject alone: all of it, and without results that name them only by an insurance number which a
 * relative carries too. Those are held as long as it is contested, so that each of them may count or not.
 */
function listOwnDeliveries(
  deliveries: readonly SequenceDelivery[],
  subject: SubjectNumber,
): readonly (readonly SequenceDelivery[])[] {
  const own = selectStatements(deliveries, ({ about }) => about === subject).filter(
    ({ isEnrolment }) => !isEnrolment || subject === 'S-2',
  );
  const contested = new Set(
    own.flatMap(({ statements }) => statements).filter(({ isByInsurance }) => isByInsurance),
  );
  let held: readonly (readonly Statement[])[] = [[]];
  for (const each of contested) held = [...held, ...held.map((others) => [...others, each])];
  return held.map((left) => selectStatements(own, (statement) => !left.includes(statement)));
}

/** (a) The facts of a subject are those that follow from what is said about them alone. */
async function expectNoInterference(receiver: Receiver, units: readonly Unit[], subject: SubjectNumber) {
  const deliveries = listDeliveries(units, 0);
  const found = (await receiver.deliver(deliveries)).facts[subject];
  const wanted: unknown[] = [];
  for (const own of listOwnDeliveries(deliveries, subject)) {
    const alone = (await receiver.deliver(own)).facts[subject];
    if (isSame(alone, found)) return;
    wanted.push(alone);
  }
  fail(`What is said about others changed the facts of ${subject}.`, [deliveries], { found, wanted });
}

/** (b) Every accepted statement is in force, superseded by a named other, or in a work item. */
async function expectNothingVanishes(receiver: Receiver, units: readonly Unit[]) {
  const deliveries = listDeliveries(units, 0);
  const vanished = listVanished(await receiver.trace(deliveries));
  if (vanished.length > 0) fail('A statement vanished.', [deliveries], vanished);
}

/** (c) Another order, other Bundles and other repetitions give the same facts and the same work items. */
async function expectConvergence(receiver: Receiver, units: readonly Unit[]) {
  const free = keepOrderFree(units);
  const [first, second] = [listDeliveries(free, 0), listDeliveries(free, 1)];
  const [found, wanted] = [await receiver.deliver(first), await receiver.deliver(second)];
  if (!isSame(found, wanted)) fail('The order of arrival matters.', [first, second], { found, wanted });
}

type Sequences = fc.Arbitrary<readonly Unit[]>;

type PropertyCheck = (receiver: Receiver, units: readonly Unit[], subject: SubjectNumber) => Promise<void>;

/** The three properties, and how many sequences check them: 2,000 in all. */
const PROPERTIES: readonly (readonly [title: string, runs: number, check: PropertyCheck])[] = [
  ['nothing said about one person changes a fact of another', 500, expectNoInterference],
  [
    'every accepted statement is in force, superseded by a named other, or in a work item',
    1000,
    expectNothingVanishes,
  ],
  ['any order, grouping and repetition gives the same facts and work items', 500, expectConvergence],
];

const createProperty = (check: PropertyCheck, receiver: Receiver, from: Sequences) =>
  fc.asyncProperty(from, fc.constantFrom(...SUBJECTS), (units, subject) => check(receiver, units, subject));

/** Sequences in which nothing is shared and nothing is sent in two contents; the old rule was right about those. */
const separateSequences = sequences.map((units) => {
  const seen = new Set<unknown>();
  const isFirst = ({ sent: { id } }: Statement): boolean => {
    const isNew = id === undefined || !seen.has(id);
    seen.add(id);
    return isNew;
  };
  let results = 0;
  return units.map((unit) => ({
    ...unit,
    statements: unit.statements.filter(isFirst).map((statement) => {
      const { about, sent } = separate(statement);
      // Nothing in a result without a patient and an id says whose it is: equal ones of two people are shared.
      if (sent.patient !== null || sent.id !== undefined) return { about, sent };
      results += 1;
      return { about, sent: { ...sent, number: `urn:own|${results}` } };
    }),
  }));
});

/** Removes what a statement shares with others, and what says that another one is replaced or withdrawn. */
function separate(statement: Statement): Statement {
  const { number: _number, replaces: _replaces, ...sent } = statement.sent;
  const isWithdrawn = ['entered-in-error', 'cancelled'].includes(String(sent.status));
  if (!('person' in sent))
    return { about: statement.about, sent: isWithdrawn ? { ...sent, status: 'final' } : sent };
  const { insurance: _insurance, ...person } = sent.person as Record<string, unknown>;
  return { about: statement.about, sent: { ...sent, person } };
}

describe.each(PROPERTIES)('%s', (_title, usualRuns, check) => {
  test(
    'in the pipeline',
    () => fc.assert(createProperty(check, pipeline, sequences), { numRuns: RUNS ?? usualRuns }),
    TIMEOUT_MS,
  );

  test('not by the old rule', async () => {
    const run = await fc.check(createProperty(check, OLD_RULE, sequences), { numRuns: 2000 });
    expect(run.failed).toBe(true);
  });

  test('by the old rule, where nothing is shared', () =>
    fc.assert(createProperty(check, OLD_RULE, separateSequences), { numRuns: 500 }));
});

/** A batch of one unit, sent at once. */
const sendTogether = (statements: readonly Statement['sent'][]): SequenceDelivery => ({
  statements: statements.map((sent) => ({ about: 'S-1', sent })),
  door: 'batch',
  rebuilding: 0,
});

test('a result with its patient, and the same one with its patient from a report, are one fact in either order', async () => {
  const person = { mrn: 'M1', born: '1990-01-01' };
  const at = '2026-01-06T08:00:00Z';
  const result = { platelets: '<20', at: null };
  const named = sendTogether([
    { url: 'urn:1', person },
    { url: 'urn:9', report: ['urn:3'], at, patient: 'urn:1', id: 'd0' },
    { ...result, url: 'urn:3', patient: 'urn:1' },
  ]);
  const unnamed = sendTogether([
    { url: 'urn:11', person },
    { url: 'urn:19', report: ['urn:13'], at, patient: 'urn:11' },
    { ...result, url: 'urn:13', patient: null },
  ]);
  const known: SequenceDelivery = { ...sendTogether([{ id: 'p1', version: '1', person }]), door: 'alone' };
  const [first, second] = [
    await pipeline.deliver([known, named, unnamed]),
    await pipeline.deliver([known, unnamed, named]),
  ];
  // Whether the report is a source of the fact depends on which content arrived last; the fact does not.
  const withoutReport = (facts: readonly string[]) =>
    facts.map((fact) => fact.replace('"DiagnosticReport/d0 null"', ''));
  expect(withoutReport(first.facts['S-1'])).toEqual(withoutReport(second.facts['S-1']));
  expect(first.facts['S-1'].filter((fact) => fact.includes('platelets'))).toHaveLength(1);
  expect([first.work, second.work]).toEqual([[], []]);
});
