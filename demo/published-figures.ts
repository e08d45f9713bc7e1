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

/** One figure: as the abstract reports it, and as the adapter found it. */
interface PublishedFigure {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

/** Lists the figures of the abstract (Stem Cells Transl Med 2017;6:1569-1575) with those that the adapter reports. */
export function listPublishedFigures(summary: StudySummary): readonly PublishedFigure[] {
  const { response, timeToResponseDays, adverseEvents } = summary;
  const createFigure = (name: string, expected: string, found: string): PublishedFigure => ({
    name,
    expected,
    found,
  });
  const formatRate = ({ count, percent }: { count: number; percent: number }) => `${count} (${percent} %)`;
  const formatSpread = ({ median, min, max }: { median: number; min: number; max: number }) =>
    `${median} (${min}-${max})`;
  const events = adverseEvents
    .map((event) => `${event.term} ${event.subjects}, ${event.serious} serious`)
    .sort();
  return [
    createFigure('subjects at sites', '74 at 7', `${summary.subjects} at ${summary.sites}`),
    createFigure('responders', '21 (28.4 %)', formatRate(response.overall)),
    createFigure('95 % interval', '19-40', (response.overall.ci95 ?? []).map(Math.round).join('-')),
    createFigure('complete responses', '5 (6.8 %)', formatRate(response.complete)),
    createFigure('partial responses', '16 (21.6 %)', formatRate(response.partial)),
    createFigure('days to neutrophil response', '19 (11-29)', formatSpread(timeToResponseDays.neutrophil)),
    createFigure('days to erythroid response', '17 (12-25)', formatSpread(timeToResponseDays.erythroid)),
    createFigure('days to platelet response', '31 (26-84)', formatSpread(timeToResponseDays.platelet)),
    createFigure('months of follow-up', '17', String(summary.followUpMonths.median)),
    createFigure('alive', '65 (87.8 %)', formatRate(summary.alive)),
    createFigure('adverse events', 'Fever 7, 0 serious; Headache 7, 0 serious', events.join('; ')),
  ];
}

/** Lists the expected effects of the corrected platelet count: PR becomes NR in the report, and amended in the EHR. */
export function listCorrectionFigures(
  correction: CorrectionOutcome,
  before: StudySummary,
  after: StudySummary,
): readonly PublishedFigure[] {
  const formatCounts = ({ response }: StudySummary) =>
    `${response.overall.count}, ${response.partial.count} of them partial`;
  return [
    {
      name: 'best response',
      expected: 'PR, then NR',
      found: `${correction.before}, then ${correction.after}`,
    },
    { name: 'its Observation in the EHR', expected: 'amended', found: correction.ehrStatus },
    { name: 'responders before', expected: '21, 16 of them partial', found: formatCounts(before) },
    { name: 'responders after', expected: '20, 15 of them partial', found: formatCounts(after) },
  ];
}

/** Prints one line per figure. Returns the number of figures that differ. */
export function printFigureComparison(title: string, figures: readonly PublishedFigure[]): number {
  const nameWidth = Math.max(...figures.map(({ name }) => name.length));
  const expectedWidth = Math.max(...figures.map(({ expected }) => expected.length), 'expected'.length);
  console.log(`\n${title}\n      ${''.padEnd(nameWidth)}  ${'expected'.padEnd(expectedWidth)}  found`);
  for (const { name, expected, found } of figures) {
    const verdict = expected === found ? 'pass' : 'FAIL';
    console.log(`${verdict}  ${name.padEnd(nameWidth)}  ${expected.padEnd(expectedWidth)}  ${found}`);
  }
  return figures.filter(({ expected, found }) => expected !== found).length;
}
