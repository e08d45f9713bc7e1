import type { ResourceShorthand } from '../case-resources.ts';
import type { Outcome, Receiver, SubjectNumber, Trace } from './fates.ts';
import { ENROLLED_BY, type SequenceDelivery, type Statement } from './sequences.ts';

/*
 * A model of the rule that the pipeline had before, to show that the properties tell them apart. A resource without an id is
 * found by its identifier and code, whomever it is about; the last arrival is its content; people who share an identifier are one
 * person; of several values of one moment the one of higher rank is in force, then the one with the greater text; a withdrawal
 * under a new id is ignored.
 */

const SUBJECTS = ['S-1', 'S-2'] as const;
const WITHDRAWN = ['entered-in-error', 'cancelled', 'not-done'];
const RANKS = ['corrected', 'amended', 'final', 'completed', 'preliminary'];
const KINDS = [
  'person',
  'report',
  'specimen',
  'platelets',
  'neutrophils',
  'red cells',
  'platelet transfusion',
  'event',
];
const RESULTS = ['platelets', 'neutrophils'];

const getKind = (sent: ResourceShorthand): string => KINDS.find((kind) => kind in sent) ?? '';

/** The name of the resource that a statement is a version of. */
function nameResource({ sent }: Statement): string {
  const { url: _url, ...content } = sent;
  const kind = getKind(sent);
  const type = RESULTS.includes(kind) ? 'Observation' : kind;
  if (sent.id !== undefined) return `${type}/${sent.id}`;
  const [number] = [sent.number ?? []].flat();
  return number === undefined ? `${type} ${JSON.stringify(content)}` : `${kind} ${number}`;
}

/** The contents of all resources, the last arrivals, and what was sent. */
interface Known {
  readonly current: ReadonlyMap<string, Statement>;
  readonly all: readonly Statement[];
}

function receive(deliveries: readonly SequenceDelivery[]): Known {
  const current = new Map<string, Statement>();
  const all = new Set<Statement>();
  for (const { statements } of deliveries)
    for (const statement of statements) {
      current.set(nameResource(statement), statement);
      all.add(statement);
    }
  return { current, all: [...all] };
}

/** Groups the names of people: two Patients that share one are one person. */
function linkPeople({ all }: Known): readonly ReadonlySet<string>[] {
  let people: readonly ReadonlySet<string>[] = [];
  for (const { sent } of all) {
    if (!('person' in sent)) continue;
    const { mrn, insurance } = sent.person as Record<string, string | undefined>;
    const names = new Set<string>();
    if (sent.id !== undefined) names.add(`Patient/${sent.id}`);
    if (sent.url !== undefined) names.add(String(sent.url));
    if (mrn !== undefined) names.add(`urn:mrn|${mrn}`);
    if (insurance !== undefined) names.add(`urn:insurance|${insurance}`);
    const same = people.filter((person) => [...names].some((name) => person.has(name)));
    const merged = new Set([...names, ...same.flatMap((person) => [...person])]);
    people = [...people.filter((person) => !same.includes(person)), merged];
  }
  return people;
}

/** What a result does not state it has from the report that lists it. */
function fillElements({ sent }: Statement, { current }: Known): ResourceShorthand {
  const own = [sent.url, `Observation/${sent.id}`];
  const reports = [...current.values()].filter(({ sent: { report } }) =>
    [report ?? []].flat().some((each) => own.includes(each as string)),
  );
  const [report] = reports;
  return { ...sent, patient: sent.patient ?? report?.sent.patient, at: sent.at ?? report?.sent.at };
}

/** The subjects whom a name may mean: none where nobody of that name is enrolled. */
function findSubjects(patient: unknown, people: readonly ReadonlySet<string>[]): readonly SubjectNumber[] {
  const text = String(patient);
  const name = /[|/:]/.test(text) ? text : `Patient/${text}`;
  const names = people.find((person) => person.has(name)) ?? new Set([name]);
  return SUBJECTS.filter((subject) => names.has(ENROLLED_BY[subject]));
}

interface Placed {
  readonly statement: Statement;
  readonly content: ResourceShorthand;
  readonly subjects: readonly SubjectNumber[];
}

function listPlaced(known: Known): readonly Placed[] {
  const people = linkPeople(known);
  return [...known.current.values()].map((statement) => {
    const content = fillElements(statement, known);
    const patient =
      'person' in content
        ? (content.id ?? content.url ?? `urn:mrn|${(content.person as { mrn?: string }).mrn}`)
        : content.patient;
    return { statement, content, subjects: findSubjects(patient, people) };
  });
}

const isCounted = ({ content: { status }, subjects }: Placed): boolean =>
  subjects.length === 1 && !WITHDRAWN.includes(String(status));

/** Compares results of one moment: by rank, then by the text of the value, the greater first. */
function compareResults({ content: a }: Placed, { content: b }: Placed): number {
  const kind = getKind(a);
  const [first, second] = [a, b].map(({ status = 'final' }) => RANKS.indexOf(String(status)));
  return (first ?? 0) - (second ?? 0) || (String(a[kind]) < String(b[kind]) ? 1 : -1);
}

function listFacts(placed: readonly Placed[], subject: SubjectNumber): readonly string[] {
  const own = placed.filter((each) => isCounted(each) && each.subjects.includes(subject));
  const stating = own.filter(({ content }) => !['person', 'report', 'specimen'].includes(getKind(content)));
  const occasions = Map.groupBy(stating, ({ content }) => {
    const kind = getKind(content);
    return RESULTS.includes(kind)
      ? `${kind} ${Date.parse(String(content.at))}`
      : nameResource({ about: subject, sent: content });
  });
  return [...occasions].map(([occasion, results]) => {
    const [chosen] = results.toSorted(compareResults);
    const { content = {} } = chosen ?? {};
    return JSON.stringify([occasion, content[getKind(content)], content.status ?? 'final']);
  });
}

const toOutcome = (placed: readonly Placed[]): Outcome => ({
  facts: { 'S-1': listFacts(placed, 'S-1').toSorted(), 'S-2': listFacts(placed, 'S-2').toSorted() },
  work: placed.some(({ subjects }) => subjects.length !== 1) ? ['unknown-patient'] : [],
});

function traceStatement(statement: Statement, placed: readonly Placed[]): Trace {
  const name = nameResource(statement);
  const now = placed.find((each) => nameResource(each.statement) === name);
  const isCurrent = now?.statement === statement;
  return {
    statement,
    current: now ? [now.statement] : [],
    shownBy: now && isCounted(now) ? now.subjects : [],
    takenBackBy: [],
    replacedBy: [],
    waitsFor: isCurrent && now.subjects.length !== 1 ? ['unknown-patient'] : [],
  };
}

/** The model, which remembers nothing between sequences. */
export const OLD_RULE: Receiver = {
  deliver: async (deliveries) => toOutcome(listPlaced(receive(deliveries))),
  trace: async (deliveries) => {
    const known = receive(deliveries);
    const placed = listPlaced(known);
    return known.all.map((statement) => traceStatement(statement, placed));
  },
};
