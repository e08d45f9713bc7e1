import { toTrailJson } from './audit-chain.ts';
import type { StoredAuditHead } from './audit-trail.ts';
import { digestHead, isSignatureValid, parseHead, type SignedAuditHead } from './signed-head.ts';
import type { TrailFinding, TrailFindingKind } from './trail-findings.ts';

/** What the heads of a trail are compared with. */
export interface TrustedHeads {
  /** Public keys that may have signed heads; null: whatever key the first head names. */
  readonly keys: readonly string[] | null;
  /** The lines of the copy of the heads; null where there is none. */
  readonly copy: readonly string[] | null;
}

/** The heads, with what is wrong with them by themselves. */
export interface VerifiedHeads {
  /** Those that can be read, in order. */
  readonly heads: readonly SignedAuditHead[];
  /** How many entries of each chain they state. */
  readonly ends: ReadonlyMap<string, number>;
  readonly findings: readonly TrailFinding[];
}

function hasValidSignature({ signature, ...head }: SignedAuditHead): boolean {
  return isSignatureValid(toTrailJson(head), head.key, signature);
}

/** Adds the ends of a head to those known before; returns whether a chain is shorter than before. */
function addEnds(known: Map<string, number>, { chains }: SignedAuditHead): boolean {
  const hasShrunk = chains.some(({ chain, entries }) => entries < (known.get(chain) ?? 0));
  for (const { chain, entries } of chains) known.set(chain, entries);
  return hasShrunk;
}

/** What a head must fit. */
interface HeadContext {
  readonly before: StoredAuditHead | undefined;
  readonly keys: readonly string[];
}

/** Lists what is wrong with a head that can be read. */
function listHeadFaults(head: SignedAuditHead, { before, keys }: HeadContext): readonly TrailFindingKind[] {
  const faults: readonly (readonly [TrailFindingKind, boolean])[] = [
    ['head-order', head.number !== (before?.number ?? 0) + 1],
    ['head-key', !keys.includes(head.key)],
    ['head-signature', !hasValidSignature(head)],
    ['head-unlinked', head.previous !== (before ? digestHead(before) : null)],
  ];
  return faults.filter(([, isFault]) => isFault).map(([kind]) => kind);
}

/** Checks heads one after the other. Without trusted keys, all must have the key of the first. */
function checkHeads(stored: readonly StoredAuditHead[], keys: readonly string[] | null): VerifiedHeads {
  const findings: TrailFinding[] = [];
  const heads: SignedAuditHead[] = [];
  const ends = new Map<string, number>();
  for (const [index, { number, head: text }] of stored.entries()) {
    const head = parseHead(text);
    if (!head || head.number !== number) {
      findings.push({ kind: 'head-malformed', head: number });
      continue;
    }
    const context = { before: stored[index - 1], keys: keys ?? [heads[0]?.key ?? head.key] };
    for (const kind of listHeadFaults(head, context)) findings.push({ kind, head: number });
    if (addEnds(ends, head)) findings.push({ kind: 'head-shrinks', head: number });
    heads.push(head);
  }
  return { heads, ends, findings };
}

/** Compares the stored heads with the lines of their copy. */
function compareWithCopy(
  stored: readonly StoredAuditHead[],
  lines: readonly string[],
): readonly TrailFinding[] {
  const findings: TrailFinding[] = [];
  const byNumber = new Map(stored.map(({ number, head }) => [number, head]));
  const copied = new Set<number>();
  for (const line of lines) {
    const head = parseHead(line);
    if (!head) {
      findings.push({ kind: 'head-malformed' });
      continue;
    }
    const { number } = head;
    copied.add(number);
    const other = byNumber.get(number);
    if (other === undefined) findings.push({ kind: 'head-lost', head: number });
    else if (other !== line) findings.push({ kind: 'head-replaced', head: number });
  }
  const last = Math.max(0, ...byNumber.keys());
  for (const number of byNumber.keys()) {
    // The last head may have been stored just before the process was killed; the next start copies it.
    if (!copied.has(number) && number !== last) findings.push({ kind: 'head-not-copied', head: number });
  }
  return findings;
}

/** Verifies the heads of a trail by themselves and against their copy. */
export function verifyHeads(stored: readonly StoredAuditHead[], { keys, copy }: TrustedHeads): VerifiedHeads {
  const { heads, ends, findings } = checkHeads(stored, keys);
  return { heads, ends, findings: [...findings, ...(copy === null ? [] : compareWithCopy(stored, copy))] };
}
