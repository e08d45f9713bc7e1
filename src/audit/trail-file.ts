import { toTrailJson } from './audit-chain.ts';
import type { AuditTrail, StoredAuditEntry, StoredAuditHead } from './audit-trail.ts';

/*
 * An exported trail: NDJSON that anybody can verify. Each line is `{"head": …, "number": …}` or
 * `{"chain": …, "entry": …, "link": …, "seq": …}`; heads and entries are objects, whose canonical JSON (RFC 8785) is what was
 * signed and hashed.
 */

const PAGE = 2_000;

async function* listPages<T>(readPage: (last: T | undefined) => Promise<readonly T[]>): AsyncGenerator<T> {
  let last: T | undefined;
  for (;;) {
    const page: readonly T[] = await readPage(last);
    yield* page;
    if (page.length < PAGE) return;
    last = page.at(-1);
  }
}

/** Lists every signed head of a trail, in order. */
export const listTrailHeads = (trail: AuditTrail): AsyncGenerator<StoredAuditHead> =>
  listPages((last) => trail.listHeads(last?.number ?? 0, PAGE));

/** Lists every entry of a trail, one chain after the other. */
export async function* listTrailEntries(trail: AuditTrail): AsyncGenerator<StoredAuditEntry> {
  for (const { chain } of await trail.listChainEnds())
    yield* listPages<StoredAuditEntry>((last) => trail.listEntries(chain, last?.seq ?? 0, PAGE));
}

/** Writes a trail as lines of NDJSON. */
export async function* formatTrailLines(trail: AuditTrail): AsyncGenerator<string> {
  for await (const { number, head } of listTrailHeads(trail)) yield `{"head":${head},"number":${number}}\n`;
  for await (const { chain, seq, entry, link } of listTrailEntries(trail))
    yield `{"chain":${JSON.stringify(chain)},"entry":${entry},"link":"${link}","seq":${seq}}\n`;
}

interface TrailLine {
  readonly head?: unknown;
  readonly number?: number;
  readonly chain?: string;
  readonly entry?: unknown;
  readonly link?: string;
  readonly seq?: number;
}

/** A line that is neither an entry nor a head; `line` counts from 1. */
export class TrailLineError extends Error {
  readonly line: number;
  constructor(line: number) {
    super(`Line ${line} is neither an entry nor a head of an audit trail.`);
    this.line = line;
  }
}

function parseTrailLine(text: string, line: number): TrailLine {
  try {
    return JSON.parse(text) as TrailLine;
  } catch {
    throw new TrailLineError(line);
  }
}

/** Reads a trail from the lines of an exported file. Throws TrailLineError. */
export async function readTrailLines(lines: AsyncIterable<string>): Promise<AuditTrail> {
  const chains = new Map<string, StoredAuditEntry[]>();
  const heads: StoredAuditHead[] = [];
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text === '') continue;
    const { head, number, chain, entry, link, seq } = parseTrailLine(text, line);
    if (head !== undefined && number !== undefined) heads.push({ number, head: toTrailJson(head) });
    else if (chain !== undefined && entry !== undefined && link !== undefined && seq !== undefined) {
      const entries = chains.get(chain) ?? [];
      chains.set(chain, entries);
      entries.push({ chain, seq, entry: toTrailJson(entry), link });
    } else throw new TrailLineError(line);
  }
  return buildListedTrail(chains, heads);
}

function buildListedTrail(
  chains: ReadonlyMap<string, readonly StoredAuditEntry[]>,
  heads: readonly StoredAuditHead[],
): AuditTrail {
  const listPage = <T>(all: readonly T[], isAfter: (one: T) => boolean, limit: number): readonly T[] => {
    const from = all.findIndex(isAfter);
    return from < 0 ? [] : all.slice(from, from + limit);
  };
  return {
    listChainEnds: async () =>
      [...chains].flatMap(([chain, entries]) => {
        const last = entries.at(-1);
        return last ? [{ chain, entries: last.seq, link: last.link }] : [];
      }),
    listEntries: async (chain, after, limit) =>
      listPage(chains.get(chain) ?? [], ({ seq }) => seq > after, limit),
    listHeads: async (after, limit) => listPage(heads, ({ number }) => number > after, limit),
  };
}
