import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { reconcileFacts } from '../../../src/trial/counts/reconcile-facts.ts';
import type { Fact, LabFact } from '../../../src/trial/facts.ts';
import { indexConfounders } from '../../../src/trial/visits/confounding.ts';
import { listUsableCounts } from '../../../src/trial/visits/usable-counts.ts';
import { SANDBOX_PROTOCOL, SANDBOX_SITE, SANDBOX_STUDY, usePipelineSandbox } from '../pipeline-sandbox.ts';
import { type CaseDelivery, createCaseSender, isSingleResource } from './case-deliveries.ts';
import type { ResourceShorthand } from './case-resources.ts';

/** What must hold after the deliveries, as a clinician would say it. */
interface ExpectedState {
  /** Exactly the facts of each enrolled subject, `platelets 24 2026-01-06`; a subject that is not named has none. */
  readonly facts: Readonly<Record<string, readonly string[]>>;
  /** Sex and birth date, of the subjects that are named. */
  readonly persons?: Readonly<Record<string, string>>;
  /** Reasons of the open work items, each once; none by default. */
  readonly work?: readonly string[];
  /** At least one work item is open, whatever its reason. */
  readonly asks?: true;
  /** Further reasons that may be open. */
  readonly mayAsk?: readonly string[];
  /** The number of open work items by reason, where one question must not become several. */
  readonly itemsOf?: Readonly<Record<string, number>>;
  /** At least this number of resources is refused with 4xx; none by default. */
  readonly refused?: number;
}

interface IdentityCase {
  readonly title: string;
  /** Why it matters, in one sentence. */
  readonly why: string;
  /** Patient by subject number; S-1 is Patient/p1 and S-2 Patient/p2 by default. */
  readonly enrolled?: Readonly<Record<string, string>>;
  readonly deliveries: readonly CaseDelivery[];
  /** Several states where any of them is right. */
  readonly expect: ExpectedState | readonly ExpectedState[];
  /** The state is the same after every order of the deliveries. */
  readonly anyOrder?: boolean;
  /** And when they are delivered together, in a transaction, a batch or a collection, or as NDJSON. */
  readonly anyGrouping?: boolean;
  /** And when all is delivered again, and again with Bundles that the sender has rebuilt. */
  readonly repeated?: boolean;
}

/** A way to deliver a case. `rebuilding` changes the urn:uuids of the Bundles. */
interface Variant {
  readonly name: string;
  readonly deliveries: readonly { readonly delivery: CaseDelivery; readonly rebuilding: number }[];
}

interface FoundState {
  readonly facts: Readonly<Record<string, readonly string[]>>;
  readonly persons: Readonly<Record<string, string>>;
  readonly reasons: readonly string[];
  readonly refused: readonly string[];
}

const MAX_ORDERS = Number(process.env.IDENTITY_ORDERS ?? 8);
const CASES_FOLDER = join(import.meta.dirname, '../../cases/identity');
const DEFAULT_ENROLLED = { 'S-1': 'Patient/p1', 'S-2': 'Patient/p2' };

const withPipelineSandbox = usePipelineSandbox();

/** Lists orders of the items: as they are, reversed, and others up to the limit, which for up to three items are all. */
function listOrders<T>(items: readonly T[]): readonly (readonly T[])[] {
  const total = items.reduce((product, _, index) => product * (index + 1), 1);
  // A stride that no factorial up to 6! shares visits every order once.
  const numbers = Array.from({ length: Math.min(total, MAX_ORDERS) }, (_, n) => (n * 7) % total);
  const chosen = [...new Set([0, total - 1, ...numbers])].slice(0, MAX_ORDERS);
  return chosen.map((number) => selectOrder(items, number));
}

/** Returns the order with this number, from 0; its digits in the factorial number system choose the items. */
function selectOrder<T>(items: readonly T[], number: number): readonly T[] {
  const left = [...items];
  const order: T[] = [];
  for (let rest = number; left.length > 0; ) {
    const place = rest % left.length;
    rest = Math.floor(rest / left.length);
    order.push(...left.splice(place, 1));
  }
  return order;
}

const toVariant = (name: string, deliveries: readonly CaseDelivery[]): Variant => ({
  name,
  deliveries: deliveries.map((delivery) => ({ delivery, rebuilding: 0 })),
});

/** Groups what is delivered one by one; a transaction may contain a resource only once. */
function listGroupings(deliveries: readonly CaseDelivery[], isAnyOrder: boolean): readonly Variant[] {
  const singles = deliveries.filter(isSingleResource);
  const others = deliveries.filter((delivery) => !isSingleResource(delivery));
  if (others.some(({ enrol }) => enrol === undefined))
    throw new Error('Only single resources can be grouped.');
  const names = singles.flatMap((each) =>
    each.id === undefined ? [] : [`${Object.keys(each)[0]} ${each.id}`],
  );
  const isTransaction = new Set(names).size === names.length;
  const bundles = (['transaction', 'batch', 'collection'] as const).filter(
    (bundle) => bundle !== 'transaction' || isTransaction,
  );
  const entries = singles.map((each, index): ResourceShorthand => ({ url: `urn:${index + 900}`, ...each }));
  return [
    ...bundles.map((bundle, index) => {
      const inOrder = isAnyOrder && index % 2 === 1 ? entries.toReversed() : entries;
      return toVariant(`one ${bundle}`, [...others, { bundle, entries: inOrder }]);
    }),
    toVariant('NDJSON', [...others, { ndjson: isAnyOrder ? singles.toReversed() : singles }]),
  ];
}

/** Delivers all again as it was, and again with rebuilt Bundles. */
function buildRepeatedVariant({ name, deliveries }: Variant): Variant {
  const rebuilt = deliveries.map(({ delivery }) => ({ delivery, rebuilding: 1 }));
  return { name: `${name}, repeated`, deliveries: [...deliveries, ...deliveries, ...rebuilt] };
}

function listVariants({ deliveries, anyOrder, anyGrouping, repeated }: IdentityCase): readonly Variant[] {
  const orders = anyOrder ? listOrders(deliveries) : [deliveries];
  const ordered = orders.map((order) => {
    const numbers = order.map((delivery) => deliveries.indexOf(delivery) + 1);
    return toVariant(`in the order ${numbers.join(' ')}`, order);
  });
  const grouped = anyGrouping ? listGroupings(deliveries, anyOrder === true) : [];
  const repeatable = [...new Set([ordered[0], ordered[1], grouped[0]])].filter((each) => each !== undefined);
  return [...ordered, ...grouped, ...(repeated ? repeatable.map(buildRepeatedVariant) : [])];
}

/** The values that the criteria may assume for a result, as `24`, `<5` or `18..95`. */
function formatValue(fact: LabFact): string {
  const [count] = listUsableCounts([{ ...fact, status: 'final' }], indexConfounders([], SANDBOX_PROTOCOL));
  if (!count) return 'without a value';
  const { low, lowOpen, high, highOpen } = count.range;
  if (high === null) return `${lowOpen ? '>' : '>='}${low.toFixed()}`;
  if (low.eq(high)) return low.toFixed();
  const isUpperLimit = low.isZero() && fact.measured?.comparator?.startsWith('<');
  return isUpperLimit ? `${highOpen ? '<' : '<='}${high.toFixed()}` : `${low.toFixed()}..${high.toFixed()}`;
}

function formatContent(fact: Fact): string {
  switch (fact.kind) {
    case 'lab':
      return `${fact.analyte} ${formatValue(fact)}${fact.status === 'preliminary' ? ' preliminary' : ''}`;
    case 'infusion':
      return `infusion${fact.status === 'completed' ? '' : ` ${fact.status}`}`;
    case 'transfusion':
      return fact.component === 'platelets' ? 'platelet transfusion' : fact.component;
    case 'medication':
      return fact.agent;
    case 'adverse-event':
      return `event ${fact.code ?? fact.term}`;
    case 'weight':
      return `weight ${new Decimal(fact.kilograms).toFixed()}`;
    default:
      return fact.kind;
  }
}

async function readState(
  { enrolled = DEFAULT_ENROLLED, deliveries }: IdentityCase,
  { deliveries: sent }: Variant,
): Promise<FoundState> {
  return withPipelineSandbox(async (sandbox) => {
    for (const [subject, patient] of Object.entries(enrolled)) await sandbox.enrol(subject, patient);
    const sender = createCaseSender(sandbox);
    for (const { delivery, rebuilding } of sent) await sender.send(delivery, rebuilding);
    await sandbox.assessDirty();
    const facts: Record<string, readonly string[]> = {};
    const persons: Record<string, string> = {};
    const later = deliveries.flatMap((delivery) => (delivery.enrol === undefined ? [] : [delivery.enrol]));
    for (const subject of [...Object.keys(enrolled), ...later]) {
      const stated = await sandbox.tx.facts.listForSubject(SANDBOX_STUDY, subject);
      const inForce = reconcileFacts(stated);
      const lines = inForce
        .filter(({ kind }) => kind !== 'person')
        .map((fact) => `${formatContent(fact)} ${fact.at.earliestDay}`);
      if (lines.length > 0) facts[subject] = lines.sort();
      const person = inForce.filter((fact) => fact.kind === 'person');
      persons[subject] = person.map(({ sex, birthDate }) => `${sex} ${birthDate}`).join(', ');
    }
    const open = (await sandbox.tx.workItems.list('open')).filter(({ site }) => site === SANDBOX_SITE);
    return { facts, persons, reasons: open.map(({ reason }) => reason).sort(), refused: sender.refused };
  });
}

function sortFacts(facts: ExpectedState['facts']): Record<string, readonly string[]> {
  const named = Object.entries(facts).filter(([, lines]) => lines.length > 0);
  return Object.fromEntries(named.map(([subject, lines]) => [subject, [...lines].sort()]));
}

const countReasons = (found: FoundState, { itemsOf = {} }: ExpectedState): Record<string, number> =>
  Object.fromEntries(
    Object.keys(itemsOf).map((reason) => [reason, found.reasons.filter((each) => each === reason).length]),
  );

/** What is compared: the found state, reduced to what the case says about it. */
function describeFound(found: FoundState, wanted: ExpectedState): object {
  const optional = (wanted.mayAsk ?? []).filter((reason) => !wanted.work?.includes(reason));
  const persons = Object.keys(wanted.persons ?? {}).map((subject) => [subject, found.persons[subject]]);
  return {
    facts: sortFacts(found.facts),
    persons: Object.fromEntries(persons),
    work: wanted.asks
      ? found.reasons.length > 0
      : [...new Set(found.reasons)].filter((reason) => !optional.includes(reason)),
    itemsOf: countReasons(found, wanted),
    refused: wanted.refused === undefined ? found.refused : found.refused.length >= wanted.refused,
  };
}

function describeWanted(wanted: ExpectedState): object {
  return {
    facts: sortFacts(wanted.facts),
    persons: wanted.persons ?? {},
    work: wanted.asks ?? [...(wanted.work ?? [])].sort(),
    itemsOf: wanted.itemsOf ?? {},
    refused: wanted.refused === undefined ? [] : true,
  };
}

const isState = (found: FoundState, wanted: ExpectedState): boolean =>
  JSON.stringify(describeFound(found, wanted)) === JSON.stringify(describeWanted(wanted));

/** Checks one state; of several that are right, the first that fits. Returns it. */
function checkState(variant: Variant, found: FoundState, states: readonly ExpectedState[]): ExpectedState {
  const fitting = states.find((state) => isState(found, state));
  if (fitting) return fitting;
  const [wanted] = states;
  if (!wanted) throw new Error('A case needs an expected state.');
  expect([variant.name, describeFound(found, wanted)]).toEqual([variant.name, describeWanted(wanted)]);
  throw new Error(`${variant.name}: the states differ.`);
}

for (const file of readdirSync(CASES_FOLDER).sort()) {
  describe(file, () => {
    const cases = JSON.parse(readFileSync(join(CASES_FOLDER, file), 'utf8')) as readonly IdentityCase[];
    test.each(cases.map((each) => [each.title, each] as const))('%s', async (_title, each) => {
      const states = Array.isArray(each.expect) ? each.expect : [each.expect];
      let allowed: readonly ExpectedState[] = states;
      for (const variant of listVariants(each)) {
        const found = await readState(each, variant);
        // Whichever is right, it is the same in every order, grouping and repetition.
        allowed = [checkState(variant, found, allowed)];
      }
    });
  });
}
