import type {
  ExpectedAnswer,
  ExpectedOutcome,
  FieldExpectation,
  FieldFindings,
  ListedWorkItem,
  ReceivedAnswer,
} from './expectation.ts';

const sortRows = (rows: readonly string[]): string => [...rows].sort().join('; ') || 'none';

function compareRows(
  name: string,
  wanted: readonly string[] | undefined,
  found: readonly string[],
): readonly string[] {
  if (wanted === undefined || sortRows(wanted) === sortRows(found)) return [];
  return [`${name}: ${sortRows(found)}`];
}

/** Whether the element of an answer is the wanted one or within it, also in a Bundle (`Bundle.entry[1].resource.focus`). */
function isElement(element: string, wanted: string): boolean {
  const [type = ''] = wanted.split('.');
  return element.replace(/^Bundle\.entry\[\d+\]\.resource/, type).startsWith(wanted);
}

function checkAnswer(wanted: ExpectedAnswer, answer: ReceivedAnswer | undefined): readonly string[] {
  if (!answer) return [`entry ${wanted.entry} has no answer`];
  const { status, outcomes, elements, text } = answer;
  const hasOutcome = wanted.outcome?.some((code) => outcomes.includes(code)) ?? true;
  const hasElement =
    wanted.element?.some((path) => elements.some((element) => isElement(element, path))) ?? true;
  const isRight =
    (wanted.status === undefined || wanted.status === status) &&
    hasOutcome &&
    (wanted.outcomeIsNot === undefined || !outcomes.includes(wanted.outcomeIsNot)) &&
    hasElement &&
    (wanted.text === undefined || text.includes(wanted.text));
  if (isRight) return [];
  return [`entry ${wanted.entry}: ${status} ${outcomes.join(', ')} ${elements.join(', ')}`];
}

/** A row of the list of expected work items. */
interface WorkPattern {
  readonly codes: readonly string[];
  readonly elements: readonly string[];
  readonly count: number | null;
}

function parseWorkPattern(text: string): WorkPattern {
  const [codes = '', elements, count] = text.split(' ');
  return {
    codes: codes.split('|'),
    elements: elements?.split('|') ?? ['*'],
    count: count === undefined ? null : Number(count),
  };
}

function matchesWorkPattern({ codes, elements }: WorkPattern, item: ListedWorkItem): boolean {
  return (
    (codes.includes('*') || codes.includes(item.reason)) &&
    (elements.includes('*') || elements.some((element) => item.element.startsWith(element)))
  );
}

function compareWork(outcome: ExpectedOutcome, work: readonly ListedWorkItem[]): readonly string[] {
  const patterns = (outcome.work ?? []).map(parseWorkPattern);
  const isAsWanted = patterns.every((pattern) => {
    const matching = work.filter((item) => matchesWorkPattern(pattern, item));
    const waiting = matching.reduce((sum, { count }) => sum + count, 0);
    return matching.length > 0 && (pattern.count === null || pattern.count === waiting);
  });
  const isAllowed = (item: ListedWorkItem) =>
    outcome.mayAsk?.includes(item.reason) || patterns.some((pattern) => matchesWorkPattern(pattern, item));
  const hasOthers = !work.every(isAllowed);
  const hasNumber = outcome.workItems === undefined || outcome.workItems === work.length;
  if (isAsWanted && !hasOthers && hasNumber) return [];
  return [`work: ${sortRows(work.map(({ reason, element, count }) => `${reason} ${element} ${count}`))}`];
}

function compareCommand(outcome: ExpectedOutcome, { command }: FieldFindings): readonly string[] {
  if (!command) return [];
  const summary = (command.summary ?? {}) as Record<string, unknown>;
  const isRight =
    (outcome.exit === undefined || outcome.exit === command.exit) &&
    (outcome.stderr === undefined || command.stderr.includes(outcome.stderr)) &&
    Object.entries(outcome.summary ?? {}).every(([key, count]) => summary[key] === count);
  return isRight ? [] : [`ingest ended with ${command.exit}, ${JSON.stringify(command.summary)}`];
}

function compareOutcome(outcome: ExpectedOutcome, findings: FieldFindings): readonly string[] {
  const missing = (outcome.labsHave ?? []).filter((row) => !findings.labs.includes(row));
  const wrong = (outcome.labsLack ?? []).filter((row) => findings.labs.includes(row));
  const classes = (outcome.classes ?? []).filter((row) => !findings.classes.includes(row));
  return [
    ...compareRows('labs', outcome.labs, findings.labs),
    ...missing.map((row) => `labs have no ${row}`),
    ...wrong.map((row) => `labs have ${row}`),
    ...compareRows('transfusions', outcome.transfusions, findings.transfusions),
    ...compareRows('events', outcome.events, findings.events),
    ...classes.map((row) => `classes have no ${row}`),
    ...compareWork(outcome, findings.work),
    ...compareCommand(outcome, findings),
  ];
}

function checkSuggestions(expected: FieldExpectation, { workBefore }: FieldFindings): readonly string[] {
  return (expected.notSuggested ?? []).flatMap(({ shown, targets }) => {
    const items = workBefore.filter(({ group }) => group.endsWith(shown));
    const wrong = items.flatMap(({ suggestions }) =>
      suggestions.map(({ target }) => target).filter((target) => targets.includes(target)),
    );
    return [...new Set(wrong)].map((target) => `${target} is suggested for ${shown}`);
  });
}

/** Lists what is not as expected, by the outcome that is nearest to what was found; empty where the case is right. */
export function checkFindings(expected: FieldExpectation, findings: FieldFindings): readonly string[] {
  const outcomes = expected.expect.map((outcome) => compareOutcome(outcome, findings));
  const nearest = outcomes.toSorted((a, b) => a.length - b.length)[0] ?? [];
  const answers = (expected.answers ?? []).flatMap((wanted) =>
    checkAnswer(wanted, findings.answers[wanted.entry]),
  );
  return [...nearest, ...answers, ...checkSuggestions(expected, findings)];
}
