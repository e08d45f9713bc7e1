import { type ChainEnd, computeLink, startChain } from './audit-chain.ts';
import type { AuditTrail, StoredAuditEntry, StoredAuditHead } from './audit-trail.ts';
import type { SignedAuditHead } from './signed-head.ts';
import type { TrailFinding, TrailReport } from './trail-findings.ts';
import { type TrustedHeads, verifyHeads } from './verify-heads.ts';

const PAGE = 2_000;
const MAX_FINDINGS = 100;

/** The links of a chain that heads state, by the number of the entry. */
type StatedLinks = ReadonlyMap<number, ReadonlySet<string>>;

function collectStatedLinks(heads: readonly SignedAuditHead[], chain: string): StatedLinks {
  const links = new Map<number, Set<string>>();
  for (const { chains } of heads) {
    for (const end of chains) {
      if (end.chain === chain) links.set(end.entries, (links.get(end.entries) ?? new Set()).add(end.link));
    }
  }
  return links;
}

/** Checks one entry after another of a chain. The first bad entry is reported, and the first that heads contradict. */
function createChainCheck(chain: string, stated: StatedLinks) {
  let link: Uint8Array = startChain(chain);
  let entries = 0;
  const found = new Map<TrailFinding['kind'], TrailFinding>();
  const report = (kind: TrailFinding['kind'], seq: number) => {
    if (!found.has(kind)) found.set(kind, { kind, chain, seq });
  };
  return {
    add({ seq, entry, link: stored }: StoredAuditEntry): void {
      if (seq !== entries + 1) report('entry-missing', seq);
      const expected = computeLink(link, entry);
      if (expected.toString('hex') !== stored) report('entry-changed', seq);
      for (const head of stated.get(seq) ?? []) if (head !== stored) report('link-rewritten', seq);
      // From here on by the stored link, so that one changed entry is one finding.
      link = Buffer.from(stored, 'hex');
      entries = seq;
    },
    complete(): { readonly entries: number; readonly findings: readonly TrailFinding[] } {
      const last = Math.max(0, ...stated.keys());
      if (entries < last) report('end-missing', entries);
      return { entries, findings: [...found.values()] };
    },
  };
}

async function listAllHeads(trail: AuditTrail): Promise<readonly StoredAuditHead[]> {
  const heads: StoredAuditHead[] = [];
  for (;;) {
    const page = await trail.listHeads(heads.at(-1)?.number ?? 0, PAGE);
    heads.push(...page);
    if (page.length < PAGE) return heads;
  }
}

async function checkChain(trail: AuditTrail, chain: string, heads: readonly SignedAuditHead[]) {
  const check = createChainCheck(chain, collectStatedLinks(heads, chain));
  let place = 0;
  let entries = 0;
  for (;;) {
    const page = await trail.listEntries(chain, place, PAGE);
    for (const entry of page) check.add(entry);
    entries += page.length;
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    place = last.seq;
  }
  return { ...check.complete(), entries };
}

const countAfterHead = (ends: readonly ChainEnd[], signed: ReadonlyMap<string, number>): number =>
  ends.reduce((sum, { chain, entries }) => sum + Math.max(0, entries - (signed.get(chain) ?? 0)), 0);

/**
 * Verifies a trail: every link of every chain from its entries, every head by its signature, the chains against the heads, and
 * the heads against their copy. It reads the trail once, in pages, and needs no secret.
 */
export async function verifyTrail(trail: AuditTrail, trusted: TrustedHeads): Promise<TrailReport> {
  const { heads, ends: signed, findings } = verifyHeads(await listAllHeads(trail), trusted);
  const ends = await trail.listChainEnds();
  const names = new Set([...ends.map(({ chain }) => chain), ...signed.keys()]);
  const checked: TrailFinding[] = [];
  let entries = 0;
  for (const chain of [...names].sort()) {
    const result = await checkChain(trail, chain, heads);
    entries += result.entries;
    checked.push(...result.findings);
  }
  const all = [...checked, ...findings];
  const last = heads.at(-1);
  return {
    valid: all.length === 0,
    entries,
    chains: names.size,
    heads: heads.length,
    afterLastHead: countAfterHead(ends, signed),
    lastHeadAt: last?.at ?? null,
    key: last?.key ?? null,
    isKeyTrusted: trusted.keys !== null && last !== undefined && trusted.keys.includes(last.key),
    isComparedWithCopy: trusted.copy !== null,
    findings: all.slice(0, MAX_FINDINGS),
  };
}
