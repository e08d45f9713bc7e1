import type { Assessment, InputTrace, Judgement, LaterEvent, Trace } from './assessment.ts';
import type { Fact, Source } from './facts.ts';

const SAYS = { true: 'yes', false: 'no', unknown: 'open' } as const;

function sourceWords(source: Source): string {
  const version = source.version === null ? 'no version' : `version ${source.version}`;
  return `${source.resourceType}/${source.id} (${version}, ${source.element}, ${source.site})`;
}

function inputLine({ says, source, also, conversion }: InputTrace): string {
  const from = [source, ...(also ?? [])].map(sourceWords).join(', ');
  return conversion === null ? `${says}  [${from}]` : `${says}  [${from}; ${conversion}]`;
}

/** A criterion with its verdict, its inputs, what it misses, and its parts below it; parts that were told are named only. */
function traceLines(trace: Trace, depth: number, seen: Set<string>): readonly string[] {
  const pad = '  '.repeat(depth);
  const asText = JSON.stringify(trace);
  if (trace.of.length > 0 && seen.has(asText))
    return [`${pad}${SAYS[trace.verdict]}: ${trace.criterion} (as above)`];
  seen.add(asText);
  const missing = trace.of.length === 0 ? trace.missing.map((what) => `${pad}  missing: ${what}`) : [];
  return [
    `${pad}${SAYS[trace.verdict]}: ${trace.criterion}`,
    ...trace.inputs.map((input) => `${pad}  - ${inputLine(input)}`),
    ...missing,
    ...trace.of.flatMap((part) => traceLines(part, depth + 1, seen)),
  ];
}

function linesOf(traces: readonly Trace[]): readonly string[] {
  const seen = new Set<string>();
  return traces.flatMap((trace) => traceLines(trace, 1, seen));
}

function valueWords({ value }: Assessment): string {
  return value.kind === 'class' ? value.class : `${value.days} days`;
}

function assessmentLines(assessment: Assessment): readonly string[] {
  const { visit, scope, kind, criteria, status, effective } = assessment;
  return [
    '',
    `${visit} ${scope} (${kind}): ${valueWords(assessment)}, ${status}, ${effective}, by ${criteria.id} ${criteria.version}`,
    ...assessment.reasons.map((reason) => `  ${reason}`),
    ...linesOf(assessment.trace),
  ];
}

const KINDS: readonly (readonly [kind: Fact['kind'], one: string, many: string])[] = [
  ['lab', 'laboratory result', 'laboratory results'],
  ['differential', 'differential count', 'differential counts'],
  ['finding', 'specimen finding', 'specimen findings'],
  ['infusion', 'infusion', 'infusions'],
  ['transfusion', 'transfusion', 'transfusions'],
  ['medication', 'medication', 'medications'],
  ['weight', 'weight', 'weights'],
  ['condition', 'condition', 'conditions'],
  ['adverse-event', 'adverse event', 'adverse events'],
  ['transplant', 'transplant', 'transplants'],
  ['death', 'death', 'death'],
];

function knownLine(facts: readonly Fact[]): string {
  const counts = KINDS.map(([kind, one, many]) => {
    const count = facts.filter((fact) => fact.kind === kind).length;
    return [count, count === 1 ? one : many] as const;
  });
  const said = counts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  return `Known: ${said.length > 0 ? said.join(', ') : 'nothing yet'}.`;
}

function dosingLines(judgement: Judgement): readonly string[] {
  return [
    ...judgement.deviations.map((d) => `Deviation, infusion ${d.infusion}, ${d.day}: ${d.kind}. ${d.detail}`),
    ...judgement.proposals.map((p) => `Proposal after ${p.visit}, ${p.day}: ${p.reason}`),
  ];
}

/** Study, sets and versions: the same facts under the same versions give the same classes. */
function versionLines({ assessments }: Judgement, by: JudgedBy | undefined): readonly string[] {
  const sets = [...new Set(assessments.map(({ criteria }) => `${criteria.id} ${criteria.version}`))];
  const [first] = assessments;
  const subject = by?.subject ?? first?.subject;
  const study = by?.study ?? first?.study;
  const protocol = by === undefined ? '' : ` (protocol ${by.protocol})`;
  const name = subject === undefined ? [] : [`Subject ${subject}, study ${study}${protocol}.`];
  return sets.length === 0 ? name : [...name, `Judged by ${sets.join(', ')}.`];
}

function courseLines({ censored, unscheduled = [] }: Judgement): readonly string[] {
  const source = censored && sourceWords(censored.source);
  return [
    ...(censored
      ? [`Censored on ${censored.day}: ${censored.because} [${source}]. Later counts are not judged.`]
      : []),
    ...(unscheduled.length > 0
      ? [
          `Counts outside every visit window (they may confirm or deny a response): ${unscheduled.join(', ')}.`,
        ]
      : []),
  ];
}

/** Relapse or clonal evolution: whether, when, by which rule, over which days it was asked. */
function laterLines(name: string, event: LaterEvent | undefined, more = ''): readonly string[] {
  if (event === undefined) return [];
  const { criteria, paragraph, verdict, day, since, until, trace } = event;
  const when = day === null ? '' : ` on ${day}`;
  return [
    '',
    `${name}: ${SAYS[verdict]}${when}${more}, by ${criteria.id} ${criteria.version}: ${paragraph}. Asked from ${since} to ${until}.`,
    ...linesOf(trace),
  ];
}

function laterEventLines({ relapse, clonalEvolution }: Judgement): readonly string[] {
  const risk = { true: ' (high-risk)', false: '', unknown: ' (high-risk: open)' };
  return [
    ...laterLines('Relapse', relapse),
    ...laterLines('Clonal evolution', clonalEvolution, clonalEvolution && risk[clonalEvolution.highRisk]),
  ];
}

/** Under which protocol a judgement was made. */
export interface JudgedBy {
  readonly subject: string;
  readonly study: string;
  /** Version of the protocol. */
  readonly protocol: string;
}

/**
 * Why a subject's classes are what they are, in plain text: each criterion, its inputs with resource id and version, the
 * conversion, the verdict (yes, no, open), and what is missing where it is open. With `visit` only that visit's part
 * (`all` for best response and times). Says so where nothing was judged.
 */
export function explainSubject(
  judgement: Judgement,
  facts: readonly Fact[],
  visit?: string,
  by?: JudgedBy,
): string {
  if (judgement.dayZero === null)
    return `${knownLine(facts)}\nNo infusion was given yet: nothing can be judged.\n`;
  const shown = judgement.assessments.filter((a) => visit === undefined || a.visit === visit);
  const head = [
    ...versionLines(judgement, by),
    knownLine(facts),
    `Day 0 (first infusion): ${judgement.dayZero}. Severity before it: ${judgement.severity}.`,
    ...linesOf(judgement.severityTrace),
    ...courseLines(judgement),
    ...dosingLines(judgement),
  ];
  const none =
    shown.length === 0
      ? ['', visit === undefined ? 'No assessment yet.' : `No assessment for ${visit}.`]
      : [];
  const later = visit === undefined || visit === 'all' ? laterEventLines(judgement) : [];
  return `${[...head, ...shown.flatMap(assessmentLines), ...later, ...none].join('\n')}\n`;
}
