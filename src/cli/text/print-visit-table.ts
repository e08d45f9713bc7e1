import type { SubjectExplanation } from '../../service.ts';
import { formatSignOff, isSignedOff } from '../../trial/criteria/sign-off.ts';
import { formatTable, type Io } from '../terminal.ts';

type VisitSummary = SubjectExplanation['visits'][number];
type VisitCounts = NonNullable<VisitSummary['counts']>;
type Judgement = SubjectExplanation['judgement'];

const COLUMNS = [
  'visit',
  'target (window)',
  'count of',
  'day',
  'neutrophils',
  'Hb g/L',
  'platelets',
  'reticulocytes',
  'class',
  'confirmed by the count of',
  'investigator',
];

const ANALYTE_COLUMNS = ['anc', 'hemoglobin', 'platelets', 'reticulocytes'] as const;

/** Formats a count: `24`; `<=60` where it is an upper limit; with its day where that is not the last one of the visit. */
function formatCountCell({ values, days }: VisitCounts, analyte: string): string {
  const count = values.find((value) => value.analyte === analyte);
  if (count === undefined) return '-';
  const limit = count.reading === 'upper-limit' ? '<=' : '';
  const isOtherDay = count.day !== days.at(-1);
  return `${limit}${count.value.replace(/^<=?/, limit === '' ? '$&' : '')}${isOtherDay ? ` (${count.day})` : ''}`;
}

const formatDays = (days: readonly string[]): string => (days.length === 0 ? 'no count' : days.join(', '));

/** Finds the class that the investigator states for a visit; empty where they state none. */
function findInvestigatorClass({ investigator = [] }: Judgement, { visit, scope }: VisitSummary): string {
  const own = investigator.find((entry) => entry.visit === visit && entry.scope === scope);
  return own?.class ?? '';
}

function toVisitRow(judgement: Judgement, summary: VisitSummary): string[] {
  const { visit, counts, studyDay, confirmedBy } = summary;
  const status = summary.status === 'final' ? '' : ` (${summary.status})`;
  const window = counts ? `${counts.target} (${counts.window.join(' to ')})` : '';
  return [
    visit,
    window,
    counts ? formatDays(counts.days) : '',
    studyDay === null ? '' : String(studyDay),
    ...ANALYTE_COLUMNS.map((analyte) => (counts ? formatCountCell(counts, analyte) : '')),
    `${summary.class}${status}`,
    confirmedBy ?? '',
    findInvestigatorClass(judgement, summary),
  ];
}

/** Formats why the counts of a visit are those of their day. */
function formatChoice({ chosenBy, nearerDays, target, days }: VisitCounts): string {
  if (chosenBy === null) return 'no count in the window';
  if (chosenBy === 'nearest-day')
    return 'each count is the nearest to the target by itself: no day has all three lines unconfounded';
  if (nearerDays.length > 0)
    return `the complete count nearest the target; a line is missing or confounded on the nearer ${nearerDays.join(', ')}`;
  return days.includes(target)
    ? 'the complete count of the target day'
    : 'the complete count nearest the target';
}

const CLAUSE_WORDS: Readonly<Record<string, string>> = {
  NR: 'not met: ',
  NE: 'cannot be determined: ',
};

function formatClauses({ class: responseClass, reasonCode, deniedBy, clauses }: VisitSummary): string {
  if (reasonCode === 'not-confirmed' && deniedBy !== null) return `not confirmed: the count of ${deniedBy}`;
  if (clauses.length === 0) return reasonCode ?? '';
  return `${CLAUSE_WORDS[responseClass] ?? 'met: '}${clauses.join('; ')}`;
}

function toReasonRow(summary: VisitSummary): string[] {
  const { visit, counts } = summary;
  return [visit, counts ? formatChoice(counts) : '', summary.class, formatClauses(summary)];
}

/**
 * Prints the page that an inspector reads first: a table with one line a visit, and for each visit why these counts were
 * used and which clause decides the class. Counts in 10*9/L, haemoglobin in g/L; `day` counts from the first infusion.
 */
export function printVisitTable(
  io: Io,
  { subject, study, visits, judgement, versions, sets }: SubjectExplanation,
): void {
  if (visits.length === 0) return;
  const best = judgement.assessments.find(({ kind }) => kind === 'best-response');
  const bestClass =
    best?.value.kind === 'class' ? `, best response ${best.value.class} (${best.status})` : '';
  io.out(
    `${subject} in ${study}: severity ${judgement.severity}, first infusion ${judgement.dayZero}${bestClass}\n`,
  );
  if (versions) io.out(`Software ${versions.software}, mappings ${versions.mapping}\n`);
  const signOffs = sets.map(
    ({ id, version, signedOff = null }) => `${id} ${version} ${formatSignOff(signedOff)}`,
  );
  if (sets.some(({ signedOff = null }) => !isSignedOff(signedOff)))
    io.out('PROVISIONAL: not every criteria set is signed off.\n');
  io.out(`Criteria: ${signOffs.join('; ')}\n`);
  io.out(
    `\n${formatTable(
      COLUMNS,
      visits.map((visit) => toVisitRow(judgement, visit)),
    )}\n`,
  );
  io.out(
    `${formatTable(['visit', 'why this count', 'class', 'the clause that decides'], visits.map(toReasonRow))}\n`,
  );
}
