import type { FileChunk } from '../export-format.ts';
import {
  type ContributionTrace,
  type ExportedValue,
  type FigureKind,
  type FigureTrace,
  isContributionTrace,
  isFigureTrace,
  isRowTrace,
  type ProvenanceTrace,
  type RowTrace,
} from '../provenance-trace.ts';

/** A row or figure with everything behind it. */
export interface TraceMatch {
  /** More than one where several files show the same. */
  readonly files: readonly string[];
  readonly at: string;
  readonly values: Readonly<Record<string, ExportedValue>>;
  /** `row`: its values were made of the resources. */
  readonly counts: FigureKind | 'row';
  readonly from: readonly { readonly subject: string; readonly resources: readonly string[] }[];
}

export interface TraceSearchResult {
  /** The place that the address names; null where none or more than one does. */
  readonly match: TraceMatch | null;
  /** Addresses that hold the one given, or, where none does, that are close to it; at most as many as are shown. */
  readonly alternatives: readonly string[];
  /** How many there are. */
  readonly matchCount: number;
}

const MAX_LISTED = 20;

/** How well an address fits: the whole of it, its end, a part of it, or not. */
type MatchQuality = 3 | 2 | 1 | 0;

function rateMatch(file: string, at: string, asked: string): MatchQuality {
  const full = `${file}#${at}`.toLowerCase();
  const wanted = asked.toLowerCase();
  if (full === wanted || at.toLowerCase() === wanted) return 3;
  if (full.endsWith(`/${wanted}`) || full.endsWith(`#${wanted}`)) return 2;
  return full.includes(wanted) ? 1 : 0;
}

interface TraceCandidate {
  readonly trace: RowTrace | FigureTrace;
  readonly files: string[];
  readonly from: { subject: string; resources: readonly string[] }[];
}

/** The places of one fit; those beyond what is shown are counted only. */
interface CandidateBin {
  count: number;
  readonly candidates: Map<string, TraceCandidate>;
}

const createBin = (): CandidateBin => ({ count: 0, candidates: new Map() });

/** Rows that several files show with the same values are one place; a figure is of its file. */
function buildCandidateKey(file: string, trace: RowTrace | FigureTrace): string {
  return isRowTrace(trace) ? JSON.stringify([trace.at, trace.values]) : `${file}#${trace.at}`;
}

function addCandidate(bin: CandidateBin, file: string, trace: RowTrace | FigureTrace): void {
  const key = buildCandidateKey(file, trace);
  const known = bin.candidates.get(key);
  if (known) {
    known.files.push(file);
    return;
  }
  bin.count += 1;
  if (bin.candidates.size >= MAX_LISTED) return;
  const from =
    isRowTrace(trace) && trace.subject !== null ? [{ subject: trace.subject, resources: trace.from }] : [];
  bin.candidates.set(key, { trace, files: [file], from });
}

/** The words of an address, for what is close to it. */
const splitWords = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

/** Addresses that share most words with the one asked for, best first. */
function createClosestAddresses(asked: string): { see(full: string): void; best(): readonly string[] } {
  const wanted = new Set(splitWords(asked));
  let best: { readonly full: string; readonly shared: number }[] = [];
  return {
    see(full) {
      const shared = new Set(splitWords(full).filter((word) => wanted.has(word))).size;
      const worst = best.length < MAX_LISTED ? 0 : (best.at(-1)?.shared ?? 0);
      if (shared <= worst) return;
      best = [...best, { full, shared }].sort((a, b) => b.shared - a.shared).slice(0, MAX_LISTED);
    },
    best: () => best.filter(({ shared }) => shared === best[0]?.shared).map(({ full }) => full),
  };
}

function toTraceMatch({ trace, files, from }: TraceCandidate): TraceMatch {
  const values = isRowTrace(trace) ? trace.values : { value: trace.value };
  return { files, at: trace.at, values, counts: isRowTrace(trace) ? 'row' : trace.counts, from };
}

/** What was seen of an export while looking for one address. */
interface AddressSearch {
  readonly address: string;
  /** By fit. */
  readonly bins: readonly [CandidateBin, CandidateBin, CandidateBin, CandidateBin];
  readonly closest: ReturnType<typeof createClosestAddresses>;
}

function searchTrace(
  { address: asked, bins, closest: near }: AddressSearch,
  file: string,
  trace: ProvenanceTrace,
): void {
  if (isContributionTrace(trace)) addContribution(selectBestBin(bins), file, trace);
  if (!isRowTrace(trace) && !isFigureTrace(trace)) return;
  const fit = rateMatch(file, trace.at, asked);
  if (fit > 0) addCandidate(bins[fit], file, trace);
  else near.see(`${file}#${trace.at}`);
}

/**
 * The row or figure at an address of an export, by the whole address, else by its end, else by any part of it, where that
 * names exactly one. Keeps what it shows and nothing of the study's size. The cases of letters make no difference.
 */
export async function findTrace(pieces: AsyncIterable<FileChunk>, asked: string): Promise<TraceSearchResult> {
  const search: AddressSearch = {
    address: asked,
    bins: [createBin(), createBin(), createBin(), createBin()],
    closest: createClosestAddresses(asked),
  };
  for await (const { file, traces = [] } of pieces)
    for (const trace of traces) searchTrace(search, file, trace);
  const bin = selectBestBin(search.bins);
  const [only] = bin?.candidates.values() ?? [];
  if (!bin || !only) return { match: null, alternatives: search.closest.best(), matchCount: 0 };
  if (bin.count === 1) return { match: toTraceMatch(only), alternatives: [], matchCount: 1 };
  const others = [...bin.candidates.values()].map(({ files, trace }) => `${files[0]}#${trace.at}`);
  return { match: null, alternatives: others, matchCount: bin.count };
}

const selectBestBin = (bins: readonly CandidateBin[]): CandidateBin | undefined =>
  bins.findLast(({ count }) => count > 0);

/** Only for what may be the one place: a list shows addresses alone. */
function addContribution(
  bin: CandidateBin | undefined,
  file: string,
  { subject, behind }: ContributionTrace,
): void {
  const [only] = bin?.candidates.values() ?? [];
  if (!only || bin?.count !== 1 || only.files[0] !== file || !isFigureTrace(only.trace)) return;
  const resources = behind[only.trace.at];
  if (resources) only.from.push({ subject, resources });
}

/** Every address of an export, as `FILE#ADDRESS`, in the order of the files. */
export async function* listAddresses(pieces: AsyncIterable<FileChunk>): AsyncIterable<string> {
  for await (const { file, traces = [] } of pieces) {
    for (const trace of traces) if (isRowTrace(trace) || isFigureTrace(trace)) yield `${file}#${trace.at}`;
  }
}
