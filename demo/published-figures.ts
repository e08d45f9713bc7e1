/** The part of `report --json` that the demonstration reads (contract, section 6). */
export interface StudySummary {
  readonly study: string;
  readonly subjects: number;
  readonly sites: number;
  readonly response: Record<
    'overall' | 'complete' | 'partial',
    { count: number; percent: number; ci95?: number[] }
  >;
  readonly timeToResponseDays: Record<
    'neutrophil' | 'erythroid' | 'platelet',
    { median: number; min: number; max: number }
  >;
  readonly followUpMonths: { readonly median: number };
  readonly alive: { readonly count: number; readonly percent: number };
  readonly adverseEvents: readonly { term: string; subjects: number; serious: number }[];
}

export interface CorrectionOutcome {
  readonly subject: string;
  readonly before: string;
  readonly after: string;
  readonly ehrStatus: string;
}

/** One figure: what the abstract says, what the adapter found. */
export interface PublishedFigure {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

/** The figures of the abstract (Stem Cells Transl Med 2017;6:1569-1575) beside those that the adapter reports. */
export function listPublishedFigures(summary: StudySummary): readonly PublishedFigure[] {
  const { response, timeToResponseDays: days, adverseEvents } = summary;
  const figure = (name: string, abstract: string, found: string): PublishedFigure => ({
    name,
    expected: abstract,
    found,
  });
  const rate = ({ count, percent }: { count: number; percent: number }) => `${count} (${percent} %)`;
  const spread = ({ median, min, max }: { median: number; min: number; max: number }) =>
    `${median} (${min}-${max})`;
  const events = adverseEvents.map((e) => `${e.term} ${e.subjects}, ${e.serious} serious`).sort();
  return [
    figure('subjects at sites', '74 at 7', `${summary.subjects} at ${summary.sites}`),
    figure('responders', '21 (28.4 %)', rate(response.overall)),
    figure('95 % interval', '19-40', (response.overall.ci95 ?? []).map(Math.round).join('-')),
    figure('complete responses', '5 (6.8 %)', rate(response.complete)),
    figure('partial responses', '16 (21.6 %)', rate(response.partial)),
    figure('days to neutrophil response', '19 (11-29)', spread(days.neutrophil)),
    figure('days to erythroid response', '17 (12-25)', spread(days.erythroid)),
    figure('days to platelet response', '31 (26-84)', spread(days.platelet)),
    figure('months of follow-up', '17', String(summary.followUpMonths.median)),
    figure('alive', '65 (87.8 %)', rate(summary.alive)),
    figure('adverse events', 'Fever 7, 0 serious; Headache 7, 0 serious', events.join('; ')),
  ];
}

/** What the correction of one platelet count must do: PR to NR, in the report, and amended in the EHR. */
export function listCorrectionFigures(
  made: CorrectionOutcome,
  before: StudySummary,
  after: StudySummary,
): readonly PublishedFigure[] {
  const counts = (s: StudySummary) =>
    `${s.response.overall.count}, of them ${s.response.partial.count} partial`;
  return [
    { name: 'best response', expected: 'PR, then NR', found: `${made.before}, then ${made.after}` },
    { name: 'its Observation in the EHR', expected: 'amended', found: made.ehrStatus },
    { name: 'responders before', expected: '21, of them 16 partial', found: counts(before) },
    { name: 'responders after', expected: '20, of them 15 partial', found: counts(after) },
  ];
}

/** Prints one line a figure; gives the number that differ. */
export function printFigureComparison(title: string, figures: readonly PublishedFigure[]): number {
  const width = Math.max(...figures.map((one) => one.name.length));
  const middle = Math.max(...figures.map((one) => one.expected.length), 'expected'.length);
  console.log(`\n${title}\n      ${''.padEnd(width)}  ${'expected'.padEnd(middle)}  found`);
  for (const { name, expected: abstract, found } of figures) {
    const verdict = abstract === found ? 'pass' : 'FAIL';
    console.log(`${verdict}  ${name.padEnd(width)}  ${abstract.padEnd(middle)}  ${found}`);
  }
  return figures.filter((one) => one.expected !== one.found).length;
}
