import type { Assessment, Judgement, LaterEvent } from './assessment.ts';
import type { Citation } from './criteria/criteria-set.ts';
import { sourceOf } from './criteria/picture.ts';
import { dayOf, daysBetween } from './days.ts';
import { SAYS, sourceWords, type Told, traceLines } from './explain-trace.ts';
import { type Fact, LINEAGES, type TransfusionFact } from './facts.ts';

function valueWords({ value, status }: Assessment): string {
  if (value.kind === 'days') return `${value.days} days`;
  return status === 'final' ? value.class : `${value.class} (${status})`;
}

/** All classes on one screen: a line for the overall response and one for each lineage. */
function overviewLines({ assessments }: Judgement): readonly string[] {
  return (['overall', ...LINEAGES] as const).flatMap((scope) => {
    const own = assessments.filter((a) => a.scope === scope);
    const words = own.map((a) => {
      if (a.kind === 'best-response') return `best ${valueWords(a)}`;
      return a.kind === 'time-to-lineage-response'
        ? `first after ${valueWords(a)}`
        : `${a.visit} ${valueWords(a)}`;
    });
    return words.length === 0 ? [] : [`  ${`${scope}:`.padEnd(11)} ${words.join(', ')}`];
  });
}

function lastOf(all: readonly TransfusionFact[], name: string, day: string): string {
  const last = all
    .filter(({ at }) => at.earliestDay <= day)
    .sort(byDay)
    .at(-1);
  if (last === undefined) return `${name} none reported`;
  const on = dayOf(last.at);
  const ago = on === null ? '' : `, ${daysBetween(on, day)} days before`;
  return `${name} ${on ?? last.at.text}${ago} [${sourceWords(sourceOf(last))}]`;
}

const byDay = (a: TransfusionFact, b: TransfusionFact): number =>
  a.at.earliestDay === b.at.earliestDay ? 0 : a.at.earliestDay < b.at.earliestDay ? -1 : 1;

/** When the subject was last transfused: what a criterion of independence found, or found to be too long ago. */
function transfusionLine(facts: readonly Fact[], day: string): string {
  const all = facts.filter((fact) => fact.kind === 'transfusion');
  const giving = (component: 'red-cells' | 'platelets') =>
    all.filter((fact) => fact.component === component || fact.component === 'any');
  const said = [lastOf(giving('red-cells'), 'red cells', day), lastOf(giving('platelets'), 'platelets', day)];
  return `  Last transfusions up to ${day}: ${said.join('; ')}.`;
}

function assessmentLines(a: Assessment, facts: readonly Fact[], told: Told): readonly string[] {
  const { visit, scope, kind, criteria, status, effective, value } = a;
  const given = value.kind === 'class' ? value.class : valueWords(a);
  const isCounted = kind === 'response-at-visit' && a.evidence.length > 0;
  return [
    '',
    `${visit} ${scope} (${kind}): ${given}, ${status}, ${effective}, by ${criteria.id} ${criteria.version}`,
    ...a.reasons.map((reason) => `  ${reason}`),
    ...(isCounted ? [transfusionLine(facts, effective)] : []),
    ...traceLines(a.trace, `${visit} ${scope}`, told),
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

function citationWords({ cite, trust }: Citation): string {
  return `    ${cite} (${trust})`;
}

/** Who, in which study, under which protocol. */
function nameLines({ assessments }: Judgement, by: JudgedBy | undefined): readonly string[] {
  const { subject, study } = by ?? assessments[0] ?? {};
  const protocol = by === undefined ? '' : ` (protocol ${by.protocol})`;
  return subject === undefined ? [] : [`Subject ${subject}, study ${study}${protocol}.`];
}

/** The sets with their sources: the same facts under the same versions give the same classes. */
function versionLines({ assessments }: Judgement, by: JudgedBy | undefined): readonly string[] {
  const sets = [...new Set(assessments.map(({ criteria }) => `${criteria.id} ${criteria.version}`))];
  const from = (by?.sets ?? []).flatMap(({ id, version, sources }) => [
    `  ${id} ${version}, from:`,
    ...sources.map(citationWords),
  ]);
  return sets.length === 0 ? [] : [`Judged by ${sets.join(', ')}.`, ...from];
}

function courseLines({ censored, unscheduled = [] }: Judgement, facts: readonly Fact[]): readonly string[] {
  const source = censored && sourceWords(censored.source);
  const deaths = facts.filter((fact) => fact.kind === 'death');
  return [
    ...deaths.map(
      (death) =>
        `Died on ${dayOf(death.at) ?? death.at.text} [${sourceWords(sourceOf(death))}]. Visits whose window had not begun are not assessed.`,
    ),
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
function laterLines(name: string, event: LaterEvent | undefined, told: Told, more = ''): readonly string[] {
  if (event === undefined) return [];
  const { criteria, paragraph, verdict, day, since, until, trace } = event;
  const when = day === null ? '' : ` on ${day}`;
  return [
    '',
    `${name}: ${SAYS[verdict]}${when}${more}, by ${criteria.id} ${criteria.version}: ${paragraph}. Asked from ${since} to ${until}.`,
    ...traceLines(trace, name.toLowerCase(), told),
  ];
}

function laterEventLines({ relapse, clonalEvolution }: Judgement, told: Told): readonly string[] {
  const risk = { true: ' (high-risk)', false: '', unknown: ' (high-risk: open)' };
  const more = clonalEvolution && risk[clonalEvolution.highRisk];
  return [
    ...laterLines('Relapse', relapse, told),
    ...laterLines('Clonal evolution', clonalEvolution, told, more),
  ];
}

/** Under which protocol and criteria a judgement was made. */
export interface JudgedBy {
  readonly subject: string;
  readonly study: string;
  /** Version of the protocol. */
  readonly protocol: string;
  /** The criteria sets that judged, severity's too, with where they come from and how far that was seen. */
  readonly sets: readonly {
    readonly id: string;
    readonly version: string;
    readonly sources: readonly Citation[];
  }[];
}

/**
 * Why a subject's classes are what they are, in plain text: first all classes, then each criterion, its inputs with
 * resource id and version, the conversion, the verdict (yes, no, open), and what is missing where it is open. With
 * `visit` only that visit's part (`all` for best response and times). Says so where nothing was judged.
 */
export function explainSubject(
  judgement: Judgement,
  facts: readonly Fact[],
  visit?: string,
  by?: JudgedBy,
): string {
  if (judgement.dayZero === null)
    return `${knownLine(facts)}\nNo infusion was given yet: nothing can be judged.\n`;
  const told: Told = new Map();
  const shown = judgement.assessments.filter((a) => visit === undefined || a.visit === visit);
  const head = [
    ...nameLines(judgement, by),
    ...(visit === undefined ? overviewLines(judgement) : []),
    ...versionLines(judgement, by),
    knownLine(facts),
    `Day 0 (first infusion): ${judgement.dayZero}. Severity before it: ${judgement.severity}.`,
    ...traceLines(judgement.severityTrace, 'the severity', told),
    ...courseLines(judgement, facts),
    ...dosingLines(judgement),
  ];
  const later = visit === undefined || visit === 'all' ? laterEventLines(judgement, told) : [];
  const none =
    shown.length === 0
      ? ['', visit === undefined ? 'No assessment yet.' : `No assessment for ${visit}.`]
      : [];
  return `${[...head, ...shown.flatMap((a) => assessmentLines(a, facts, told)), ...later, ...none].join('\n')}\n`;
}
