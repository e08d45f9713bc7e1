import {
  formatInvestigatorClass,
  formatOtherAdjudications,
  formatSeverity,
} from './adjudication/explain-adjudications.ts';
import type { Assessment, LateEvent, SubjectAssessment } from './assessment.ts';
import { countDaysBetween, resolveDay } from './calendar-days.ts';
import type { Citation } from './criteria/criteria-set.ts';
import { formatCitation } from './criteria/format-citation.ts';
import { type CriteriaSignOff, formatSignOff } from './criteria/sign-off.ts';
import { getPrimarySource } from './criteria/situation.ts';
import { type Fact, LINEAGES, type TransfusionFact } from './facts.ts';
import { formatSource, formatTraces, type TraceFormatting } from './format-trace.ts';
import { formatReceiptKey, type SourceReceipt } from './source-receipts.ts';

function formatAssessmentValue({ value, status }: Assessment): string {
  if (value.kind === 'days') return `${value.days} days`;
  return status === 'final' ? value.class : `${value.class} (${status})`;
}

/** Formats all classes on one screen: a line for the overall response and one for each lineage. */
function formatOverview({ assessments }: SubjectAssessment): readonly string[] {
  return (['overall', ...LINEAGES] as const).flatMap((scope) => {
    const scopeAssessments = assessments.filter((a) => a.scope === scope);
    const words = scopeAssessments.map((a) => {
      if (a.kind === 'best-response') return `best ${formatAssessmentValue(a)}`;
      return a.kind === 'time-to-lineage-response'
        ? `first after ${formatAssessmentValue(a)}`
        : `${a.visit} ${formatAssessmentValue(a)}`;
    });
    return words.length === 0 ? [] : [`  ${`${scope}:`.padEnd(11)} ${words.join(', ')}`];
  });
}

function formatLastTransfusion(transfusions: readonly TransfusionFact[], name: string, day: string): string {
  const last = transfusions
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

/**
 * Formats when the subject was last transfused, whether or not a criterion of independence found that long enough ago.
 */
function formatTransfusionLine(facts: readonly Fact[], day: string): string {
  const transfusions = facts.filter((fact) => fact.kind === 'transfusion');
  const selectProduct = (component: 'red-cells' | 'platelets') =>
    transfusions.filter((fact) => fact.component === component || fact.component === 'any');
  const texts = [
    formatLastTransfusion(selectProduct('red-cells'), 'red cells', day),
    formatLastTransfusion(selectProduct('platelets'), 'platelets', day),
  ];
  return `  Last transfusions up to ${day}: ${texts.join('; ')}.`;
}

function formatAssessment(
  a: Assessment,
  subjectAssessment: SubjectAssessment,
  facts: readonly Fact[],
  formatting: TraceFormatting,
): readonly string[] {
  const { visit, scope, kind, criteria, status, effective, value } = a;
  const valueText = value.kind === 'class' ? value.class : formatAssessmentValue(a);
  const isCounted = kind === 'response-at-visit' && a.evidence.length > 0;
  return [
    '',
    `${visit} ${scope} (${kind}): ${valueText}, ${status}, ${effective}, by ${criteria.id} ${criteria.version}`,
    ...a.reasons.map((reason) => `  ${reason}`),
    ...formatInvestigatorClass(subjectAssessment, a, facts),
    ...(isCounted ? [formatTransfusionLine(facts, effective)] : []),
    ...formatTraces(a.trace, `${visit} ${scope}`, formatting),
  ];
}

const FACT_KIND_NAMES: readonly (readonly [kind: Fact['kind'], singular: string, plural: string])[] = [
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
  ['death', 'death', 'deaths'],
  ['adjudication', 'adjudication', 'adjudications'],
];

function formatKnownFacts(facts: readonly Fact[]): string {
  const counts = FACT_KIND_NAMES.map(([kind, singular, plural]) => {
    const count = facts.filter((fact) => fact.kind === kind).length;
    return [count, count === 1 ? singular : plural] as const;
  });
  const texts = counts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  return `Known: ${texts.length > 0 ? texts.join(', ') : 'nothing yet'}.`;
}

function formatDosing(assessment: SubjectAssessment): readonly string[] {
  return [
    ...assessment.deviations.map(
      (d) => `Deviation, infusion ${d.infusion}, ${d.day}: ${d.kind}. ${d.detail}`,
    ),
    ...assessment.proposals.map((p) => `Proposal after ${p.visit}, ${p.day}: ${p.reason}`),
  ];
}

/** Formats the subject, the study and the protocol. */
function formatSubjectLine(
  { assessments }: SubjectAssessment,
  basis: AssessmentBasis | undefined,
): readonly string[] {
  const { subject, study } = basis ?? assessments[0] ?? {};
  const protocol = basis === undefined ? '' : ` (protocol ${basis.protocol})`;
  return subject === undefined ? [] : [`Subject ${subject}, study ${study}${protocol}.`];
}

/** Formats the sets with their sources: the same facts under the same versions yield the same classes. */
function formatRuleVersions(
  { assessments }: SubjectAssessment,
  basis: AssessmentBasis | undefined,
): readonly string[] {
  const sets = [...new Set(assessments.map(({ criteria }) => `${criteria.id} ${criteria.version}`))];
  const from = (basis?.sets ?? []).flatMap(({ id, version, sources, signedOff = null }) => [
    `  ${id} ${version}, ${formatSignOff(signedOff)}, from:`,
    ...sources.map((source) => `    ${formatCitation(source)}`),
  ]);
  const versions = basis?.versions;
  const software =
    versions === undefined ? [] : [`Software ${versions.software}, mappings ${versions.mapping}.`];
  return sets.length === 0 ? [] : [`Assessed by ${sets.join(', ')}.`, ...software, ...from];
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
      ? [`Censored on ${censored.day}: ${censored.because} [${source}]. Later counts are not assessed.`]
      : []),
    ...(unscheduled.length > 0
      ? [
          `Counts outside every visit window (they may confirm or deny a response): ${unscheduled.join(', ')}.`,
        ]
      : []),
  ];
}

const LATE_EVENT_WORDS = { true: 'yes', false: 'no', unknown: 'cannot be determined' } as const;

/** Formats relapse or clonal evolution: whether, when, by which rule, and over which days it was evaluated. */
function formatLateEvent(
  name: string,
  event: LateEvent | undefined,
  formatting: TraceFormatting,
  more = '',
): readonly string[] {
  if (event === undefined) return [];
  const { criteria, paragraph, verdict, day, since, until, trace } = event;
  const when = day === null ? '' : ` on ${day}`;
  return [
    '',
    `${name}: ${LATE_EVENT_WORDS[verdict]}${when}${more}, by ${criteria.id} ${criteria.version}: ${paragraph}. Evaluated from ${since} to ${until}.`,
    ...formatTraces(trace, name.toLowerCase(), formatting),
  ];
}

function formatLateEvents(
  { relapse, clonalEvolution }: SubjectAssessment,
  formatting: TraceFormatting,
): readonly string[] {
  const risk = { true: ' (high-risk)', false: '', unknown: ' (high-risk: cannot be determined)' };
  const more = clonalEvolution && risk[clonalEvolution.highRisk];
  return [
    ...formatLateEvent('Relapse', relapse, formatting),
    ...formatLateEvent('Clonal evolution', clonalEvolution, formatting, more),
  ];
}

/** The protocol and the criteria of an assessment. */
export interface AssessmentBasis {
  readonly subject: string;
  readonly study: string;
  /** Version of the protocol. */
  readonly protocol: string;
  /** The criteria sets used, severity's included, with their sources and how far those were seen. */
  readonly sets: readonly {
    readonly id: string;
    readonly version: string;
    readonly sources: readonly Citation[];
    /** Absent or null: not signed off. */
    readonly signedOff?: CriteriaSignOff | null;
  }[];
  /** Version of the program, and digest of the mappings; absent for a reader who does not ask. */
  readonly versions?: { readonly software: string; readonly mapping: string };
  /** When the resources behind the classes arrived, and what they stated before. */
  readonly receipts?: readonly SourceReceipt[];
}

/**
 * Explains why a subject's classes are what they are, in plain text: first all classes, then each criterion, its
 * inputs with resource id and version, the conversion, the verdict (met, not met, cannot be determined), and what is
 * missing where it cannot be determined. With `visit` only that visit's part (`all` for best response and times).
 * States so where nothing was assessed.
 */
export function explainSubject(
  assessment: SubjectAssessment,
  facts: readonly Fact[],
  visit?: string,
  basis?: AssessmentBasis,
): string {
  if (assessment.dayZero === null)
    return `${formatKnownFacts(facts)}\nNo infusion has been given yet: nothing can be assessed.\n`;
  const formatting: TraceFormatting = {
    shown: new Map(),
    receipts: new Map((basis?.receipts ?? []).map((receipt) => [formatReceiptKey(receipt.source), receipt])),
  };
  const shown = assessment.assessments.filter((a) => visit === undefined || a.visit === visit);
  const head = [
    ...formatSubjectLine(assessment, basis),
    ...(visit === undefined ? formatOverview(assessment) : []),
    ...formatRuleVersions(assessment, basis),
    formatKnownFacts(facts),
    `Day 0 (first infusion): ${assessment.dayZero}. ${formatSeverity(assessment, facts)}`,
    ...formatTraces(assessment.severityTrace, 'the severity', formatting),
    ...formatOtherAdjudications(facts),
    ...formatCourse(assessment, facts),
    ...formatDosing(assessment),
  ];
  const later = visit === undefined || visit === 'all' ? formatLateEvents(assessment, formatting) : [];
  const none =
    shown.length === 0
      ? ['', visit === undefined ? 'No assessment yet.' : `No assessment for ${visit}.`]
      : [];
  return `${[...head, ...shown.flatMap((a) => formatAssessment(a, assessment, facts, formatting)), ...later, ...none].join('\n')}\n`;
}
