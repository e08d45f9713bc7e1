import type { Assessment, LateEvent, SubjectAssessment } from './assessment.ts';
import { countDaysBetween, resolveDay } from './calendar-days.ts';
import type { Citation } from './criteria/criteria-set.ts';
import { getPrimarySource } from './criteria/situation.ts';
import { type Fact, LINEAGES, type TransfusionFact } from './facts.ts';
import { formatSource, formatTraces, type ShownTraces, VERDICT_WORDS } from './format-trace.ts';

function formatAssessmentValue({ value, status }: Assessment): string {
  if (value.kind === 'days') return `${value.days} days`;
  return status === 'final' ? value.class : `${value.class} (${status})`;
}

/** All classes on one screen: a line for the overall response and one for each lineage. */
function formatOverview({ assessments }: SubjectAssessment): readonly string[] {
  return (['overall', ...LINEAGES] as const).flatMap((scope) => {
    const own = assessments.filter((a) => a.scope === scope);
    const words = own.map((a) => {
      if (a.kind === 'best-response') return `best ${formatAssessmentValue(a)}`;
      return a.kind === 'time-to-lineage-response'
        ? `first after ${formatAssessmentValue(a)}`
        : `${a.visit} ${formatAssessmentValue(a)}`;
    });
    return words.length === 0 ? [] : [`  ${`${scope}:`.padEnd(11)} ${words.join(', ')}`];
  });
}

function formatLastTransfusion(all: readonly TransfusionFact[], name: string, day: string): string {
  const last = all
    .filter(({ at }) => at.earliestDay <= day)
    .sort(compareTransfusionDays)
    .at(-1);
  if (last === undefined) return `${name} none reported`;
  const on = resolveDay(last.at);
  const ago = on === null ? '' : `, ${countDaysBetween(on, day)} days before`;
  return `${name} ${on ?? last.at.text}${ago} [${formatSource(getPrimarySource(last))}]`;
}

const compareTransfusionDays = (a: TransfusionFact, b: TransfusionFact): number =>
  a.at.earliestDay === b.at.earliestDay ? 0 : a.at.earliestDay < b.at.earliestDay ? -1 : 1;

/** When the subject was last transfused: what a criterion of independence found, or found to be too long ago. */
function formatTransfusionLine(facts: readonly Fact[], day: string): string {
  const all = facts.filter((fact) => fact.kind === 'transfusion');
  const giving = (component: 'red-cells' | 'platelets') =>
    all.filter((fact) => fact.component === component || fact.component === 'any');
  const said = [
    formatLastTransfusion(giving('red-cells'), 'red cells', day),
    formatLastTransfusion(giving('platelets'), 'platelets', day),
  ];
  return `  Last transfusions up to ${day}: ${said.join('; ')}.`;
}

function formatAssessment(a: Assessment, facts: readonly Fact[], told: ShownTraces): readonly string[] {
  const { visit, scope, kind, criteria, status, effective, value } = a;
  const given = value.kind === 'class' ? value.class : formatAssessmentValue(a);
  const isCounted = kind === 'response-at-visit' && a.evidence.length > 0;
  return [
    '',
    `${visit} ${scope} (${kind}): ${given}, ${status}, ${effective}, by ${criteria.id} ${criteria.version}`,
    ...a.reasons.map((reason) => `  ${reason}`),
    ...(isCounted ? [formatTransfusionLine(facts, effective)] : []),
    ...formatTraces(a.trace, `${visit} ${scope}`, told),
  ];
}

const FACT_KIND_NAMES: readonly (readonly [kind: Fact['kind'], one: string, many: string])[] = [
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

function formatKnownFacts(facts: readonly Fact[]): string {
  const counts = FACT_KIND_NAMES.map(([kind, one, many]) => {
    const count = facts.filter((fact) => fact.kind === kind).length;
    return [count, count === 1 ? one : many] as const;
  });
  const said = counts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  return `Known: ${said.length > 0 ? said.join(', ') : 'nothing yet'}.`;
}

function formatDosing(judgement: SubjectAssessment): readonly string[] {
  return [
    ...judgement.deviations.map((d) => `Deviation, infusion ${d.infusion}, ${d.day}: ${d.kind}. ${d.detail}`),
    ...judgement.proposals.map((p) => `Proposal after ${p.visit}, ${p.day}: ${p.reason}`),
  ];
}

function formatCitation({ cite, trust }: Citation): string {
  return `    ${cite} (${trust})`;
}

/** Who, in which study, under which protocol. */
function formatSubjectLine(
  { assessments }: SubjectAssessment,
  by: AssessmentBasis | undefined,
): readonly string[] {
  const { subject, study } = by ?? assessments[0] ?? {};
  const protocol = by === undefined ? '' : ` (protocol ${by.protocol})`;
  return subject === undefined ? [] : [`Subject ${subject}, study ${study}${protocol}.`];
}

/** The sets with their sources: the same facts under the same versions give the same classes. */
function formatRuleVersions(
  { assessments }: SubjectAssessment,
  by: AssessmentBasis | undefined,
): readonly string[] {
  const sets = [...new Set(assessments.map(({ criteria }) => `${criteria.id} ${criteria.version}`))];
  const from = (by?.sets ?? []).flatMap(({ id, version, sources }) => [
    `  ${id} ${version}, from:`,
    ...sources.map(formatCitation),
  ]);
  return sets.length === 0 ? [] : [`Judged by ${sets.join(', ')}.`, ...from];
}

function formatCourse(
  { censored, unscheduled = [] }: SubjectAssessment,
  facts: readonly Fact[],
): readonly string[] {
  const source = censored && formatSource(censored.source);
  const deaths = facts.filter((fact) => fact.kind === 'death');
  return [
    ...deaths.map(
      (death) =>
        `Died on ${resolveDay(death.at) ?? death.at.text} [${formatSource(getPrimarySource(death))}]. Visits whose window had not begun are not assessed.`,
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
function formatLateEvent(
  name: string,
  event: LateEvent | undefined,
  told: ShownTraces,
  more = '',
): readonly string[] {
  if (event === undefined) return [];
  const { criteria, paragraph, verdict, day, since, until, trace } = event;
  const when = day === null ? '' : ` on ${day}`;
  return [
    '',
    `${name}: ${VERDICT_WORDS[verdict]}${when}${more}, by ${criteria.id} ${criteria.version}: ${paragraph}. Asked from ${since} to ${until}.`,
    ...formatTraces(trace, name.toLowerCase(), told),
  ];
}

function formatLateEvents(
  { relapse, clonalEvolution }: SubjectAssessment,
  told: ShownTraces,
): readonly string[] {
  const risk = { true: ' (high-risk)', false: '', unknown: ' (high-risk: open)' };
  const more = clonalEvolution && risk[clonalEvolution.highRisk];
  return [
    ...formatLateEvent('Relapse', relapse, told),
    ...formatLateEvent('Clonal evolution', clonalEvolution, told, more),
  ];
}

/** Under which protocol and criteria a judgement was made. */
export interface AssessmentBasis {
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
  judgement: SubjectAssessment,
  facts: readonly Fact[],
  visit?: string,
  by?: AssessmentBasis,
): string {
  if (judgement.dayZero === null)
    return `${formatKnownFacts(facts)}\nNo infusion was given yet: nothing can be judged.\n`;
  const told: ShownTraces = new Map();
  const shown = judgement.assessments.filter((a) => visit === undefined || a.visit === visit);
  const head = [
    ...formatSubjectLine(judgement, by),
    ...(visit === undefined ? formatOverview(judgement) : []),
    ...formatRuleVersions(judgement, by),
    formatKnownFacts(facts),
    `Day 0 (first infusion): ${judgement.dayZero}. Severity before it: ${judgement.severity}.`,
    ...formatTraces(judgement.severityTrace, 'the severity', told),
    ...formatCourse(judgement, facts),
    ...formatDosing(judgement),
  ];
  const later = visit === undefined || visit === 'all' ? formatLateEvents(judgement, told) : [];
  const none =
    shown.length === 0
      ? ['', visit === undefined ? 'No assessment yet.' : `No assessment for ${visit}.`]
      : [];
  return `${[...head, ...shown.flatMap((a) => formatAssessment(a, facts, told)), ...later, ...none].join('\n')}\n`;
}
