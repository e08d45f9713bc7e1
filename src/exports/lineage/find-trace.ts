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

/** A row or figure with its provenance. */
export interface TraceMatch {
  /** More than one where several files show the same row. */
  readonly files: readonly string[];
  readonly at: string;
  readonly values: Readonly<Record<string, ExportedValue>>;
  /** `row`: the values were derived from the resources. */
  readonly counts: FigureKind | 'row';
  readonly from: readonly { readonly subject: string; readonly resources: readonly string[] }[];
}

export interface TraceSearchResult {
  /** The only row or figure that the address names; null where it names none or several. */
  readonly match: TraceMatch | null;
  /** Addresses that contain the given one, else those closest to it; no more than can be shown. */
  readonly alternatives: readonly string[];
  /** How many addresses contain the given one. */
  readonly matchCount: number;
}

const MAX_LISTED = 20;

/** How well an address matches: as a whole (3), at its end (2), in a part (1), or not at all (0). */
type MatchQuality = 3 | 2 | 1 | 0;

function rateMatch(file: string, at: string, address: string): MatchQuality {
  const full = `${file}#${at}`.toLowerCase();
  const wanted = address.toLowerCase();
  if (full === wanted || at.toLowerCase() === wanted) return 3;
  if (full.endsWith(`/${wanted}`) || full.endsWith(`#${wanted}`)) return 2;
  return full.includes(wanted) ? 1 : 0;
}

interface TraceCandidate {
  readonly trace: RowTrace | FigureTrace;
  readonly files: string[];
  readonly from: { subject: string; resources: readonly string[] }[];
}

/** The candidates of one match quality. Those beyond what can be shown are only counted. */
interface CandidateBin {
  count: number;
  readonly candidates: Map<string, TraceCandidate>;
}

const createBin = (): CandidateBin => ({ count: 0, candidates: new Map() });

/** A row that several files show with the same values is one candidate; a figure belongs to its file. */
function buildCandidateKey(file: string, trace: RowTrace | FigureTrace): string {
  return isRowTrace(trace) ? JSON.stringify([trace.at, trace.values]) : `${file}#${trace.at}`;
}

function addCandidate(bin: CandidateBin, file: string, trace: RowTrace | FigureTrace): void {
  const key = buildCandidateKey(file, trace);
  const candidate = bin.candidates.get(key);
  if (candidate) {
    candidate.files.push(file);
    return;
  }
  bin.count += 1;
  if (bin.candidates.size >= MAX_LISTED) return;
  const from =
    isRowTrace(trace) && trace.subject !== null ? [{ subject: trace.subject, resources: trace.from }] : [];
  bin.candidates.set(key, { trace, files: [file], from });
}

/** Splits an address into words, by which the closest addresses are found. */
const splitWords = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

/** Collects the addresses that share the most words with the given one, best first. */
function createClosestAddresses(address: string): { add(full: string): void; best(): readonly string[] } {
  const wanted = new Set(splitWords(address));
  let best: { readonly full: string; readonly shared: number }[] = [];
  return {
    add(full) {
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

/** The state of a search of an export for one address. */
interface AddressSearch {
  readonly address: string;
  /** By match quality. */
  readonly bins: readonly [CandidateBin, CandidateBin, CandidateBin, CandidateBin];
  readonly closest: ReturnType<typeof createClosestAddresses>;
}

function searchTrace({ address, bins, closest }: AddressSearch, file: string, trace: ProvenanceTrace): void {
  if (isContributionTrace(trace)) addContribution(selectBestBin(bins), file, trace);
  if (!isRowTrace(trace) && !isFigureTrace(trace)) return;
  const quality = rateMatch(file, trace.at, address);
  if (quality > 0) addCandidate(bins[quality], file, trace);
  else closest.add(`${file}#${trace.at}`);
}

/**
 * Finds the row or figure at an address of an export: by the whole address, else by its end, else by any part of it,
 * provided that exactly one matches. Case is ignored. Memory does not grow with the study.
 */
export async function findTrace(
  chunks: AsyncIterable<FileChunk>,
  address: string,
): Promise<TraceSearchResult> {
  const search: AddressSearch = {
    address,
    bins: [createBin(), createBin(), createBin(), createBin()],
    closest: createClosestAddresses(address),
  };
  for await (const { file, traces = [] } of chunks)
    for (const trace of traces) searchTrace(search, file, trace);
  const bin = selectBestBin(search.bins);
  const [only] = bin?.candidates.values() ?? [];
  if (!bin || !only) return { match: null, alternatives: search.closest.best(), matchCount: 0 };
  if (bin.count === 1) return { match: toTraceMatch(only), alternatives: [], matchCount: 1 };
  const alternatives = [...bin.candidates.values()].map(({ files, trace }) => `${files[0]}#${trace.at}`);
  return { match: null, alternatives, matchCount: bin.count };
}

const selectBestBin = (bins: readonly CandidateBin[]): CandidateBin | undefined =>
  bins.findLast(({ count }) => count > 0);

/** Adds a subject to the only best candidate. With several candidates only addresses are shown, so none is kept. */
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

/** Lists every address of an export, as `FILE#ADDRESS`, in the order of the files. */
export async function* listAddresses(chunks: AsyncIterable<FileChunk>): AsyncIterable<string> {
  for await (const { file, traces = [] } of chunks) {
    for (const trace of traces) if (isRowTrace(trace) || isFigureTrace(trace)) yield `${file}#${trace.at}`;
  }
}
