import type { Piece } from '../format.ts';
import {
  type BehindTrace,
  type Counts,
  type FigureTrace,
  isBehind,
  isFigure,
  isRow,
  type RowTrace,
  type Shown,
  type Trace,
} from './trace.ts';

/** A row or figure with everything behind it. */
export interface Place {
  /** More than one where several files show the same. */
  readonly files: readonly string[];
  readonly at: string;
  readonly values: Readonly<Record<string, Shown>>;
  /** `row`: its values were made of the resources. */
  readonly counts: Counts | 'row';
  readonly from: readonly { readonly subject: string; readonly resources: readonly string[] }[];
}

export interface Found {
  /** The place that the address names; null where none or more than one does. */
  readonly place: Place | null;
  /** Addresses that hold the one given, or, where none does, that are close to it; at most as many as are shown. */
  readonly others: readonly string[];
  /** How many there are. */
  readonly count: number;
}

const SHOWN = 20;

/** How well an address fits: the whole of it, its end, a part of it, or not. */
type Fit = 3 | 2 | 1 | 0;

function fitOf(file: string, at: string, asked: string): Fit {
  const full = `${file}#${at}`.toLowerCase();
  const wanted = asked.toLowerCase();
  if (full === wanted || at.toLowerCase() === wanted) return 3;
  if (full.endsWith(`/${wanted}`) || full.endsWith(`#${wanted}`)) return 2;
  return full.includes(wanted) ? 1 : 0;
}

interface Candidate {
  readonly trace: RowTrace | FigureTrace;
  readonly files: string[];
  readonly from: { subject: string; resources: readonly string[] }[];
}

/** The places of one fit; those beyond what is shown are counted only. */
interface Bin {
  count: number;
  readonly kept: Map<string, Candidate>;
}

const emptyBin = (): Bin => ({ count: 0, kept: new Map() });

/** Rows that several files show with the same values are one place; a figure is of its file. */
function keyOf(file: string, trace: RowTrace | FigureTrace): string {
  return isRow(trace) ? JSON.stringify([trace.at, trace.values]) : `${file}#${trace.at}`;
}

function keep(bin: Bin, file: string, trace: RowTrace | FigureTrace): void {
  const key = keyOf(file, trace);
  const known = bin.kept.get(key);
  if (known) {
    known.files.push(file);
    return;
  }
  bin.count += 1;
  if (bin.kept.size >= SHOWN) return;
  const from =
    isRow(trace) && trace.subject !== null ? [{ subject: trace.subject, resources: trace.from }] : [];
  bin.kept.set(key, { trace, files: [file], from });
}

/** The words of an address, for what is close to it. */
const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

/** Addresses that share most words with the one asked for, best first. */
function closest(asked: string): { see(full: string): void; best(): readonly string[] } {
  const wanted = new Set(wordsOf(asked));
  let best: { readonly full: string; readonly shared: number }[] = [];
  return {
    see(full) {
      const shared = new Set(wordsOf(full).filter((word) => wanted.has(word))).size;
      const worst = best.length < SHOWN ? 0 : (best.at(-1)?.shared ?? 0);
      if (shared <= worst) return;
      best = [...best, { full, shared }].sort((a, b) => b.shared - a.shared).slice(0, SHOWN);
    },
    best: () => best.filter(({ shared }) => shared === best[0]?.shared).map(({ full }) => full),
  };
}

function placeOf({ trace, files, from }: Candidate): Place {
  const values = isRow(trace) ? trace.values : { value: trace.value };
  return { files, at: trace.at, values, counts: isRow(trace) ? 'row' : trace.counts, from };
}

/** What was seen of an export while looking for one address. */
interface Search {
  readonly asked: string;
  /** By fit. */
  readonly bins: readonly [Bin, Bin, Bin, Bin];
  readonly near: ReturnType<typeof closest>;
}

function look({ asked, bins, near }: Search, file: string, trace: Trace): void {
  if (isBehind(trace)) addBehind(bestOf(bins), file, trace);
  if (!isRow(trace) && !isFigure(trace)) return;
  const fit = fitOf(file, trace.at, asked);
  if (fit > 0) keep(bins[fit], file, trace);
  else near.see(`${file}#${trace.at}`);
}

/**
 * The row or figure at an address of an export, by the whole address, else by its end, else by any part of it, where that
 * names exactly one. Keeps what it shows and nothing of the study's size. The cases of letters make no difference.
 */
export async function findTraces(pieces: AsyncIterable<Piece>, asked: string): Promise<Found> {
  const search: Search = {
    asked,
    bins: [emptyBin(), emptyBin(), emptyBin(), emptyBin()],
    near: closest(asked),
  };
  for await (const { file, traces = [] } of pieces) for (const trace of traces) look(search, file, trace);
  const bin = bestOf(search.bins);
  const [only] = bin?.kept.values() ?? [];
  if (!bin || !only) return { place: null, others: search.near.best(), count: 0 };
  if (bin.count === 1) return { place: placeOf(only), others: [], count: 1 };
  const others = [...bin.kept.values()].map(({ files, trace }) => `${files[0]}#${trace.at}`);
  return { place: null, others, count: bin.count };
}

const bestOf = (bins: readonly Bin[]): Bin | undefined => bins.findLast(({ count }) => count > 0);

/** Only for what may be the one place: a list shows addresses alone. */
function addBehind(bin: Bin | undefined, file: string, { subject, behind }: BehindTrace): void {
  const [only] = bin?.kept.values() ?? [];
  if (!only || bin?.count !== 1 || only.files[0] !== file || !isFigure(only.trace)) return;
  const resources = behind[only.trace.at];
  if (resources) only.from.push({ subject, resources });
}

/** Every address of an export, as `FILE#ADDRESS`, in the order of the files. */
export async function* addressesIn(pieces: AsyncIterable<Piece>): AsyncIterable<string> {
  for await (const { file, traces = [] } of pieces) {
    for (const trace of traces) if (isRow(trace) || isFigure(trace)) yield `${file}#${trace.at}`;
  }
}
