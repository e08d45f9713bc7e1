import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type ChainEnd, computeLink, startChain, toTrailJson } from '../../src/audit/audit-chain.ts';
import { buildAuditEntry } from '../../src/audit/audit-entry.ts';
import type { AuditTrail, StoredAuditEntry, StoredAuditHead } from '../../src/audit/audit-trail.ts';
import { type HeadSigner, signHead } from '../../src/audit/signed-head.ts';
import type { TrailFindingKind } from '../../src/audit/trail-findings.ts';
import type { TrustedHeads } from '../../src/audit/verify-heads.ts';
import { verifyTrail } from '../../src/audit/verify-trail.ts';

function createSigner(): HeadSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ format: 'der', type: 'spki' });
  return {
    publicKey: der.subarray(der.length - 32).toString('base64url'),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  };
}

interface WrittenTrail {
  entries: StoredAuditEntry[];
  heads: StoredAuditHead[];
}

const AT = new Date('2026-03-01T00:00:00Z');
const SIGNER = createSigner();
const CHAINS = ['*', 'site-1'];

const formatEntry = (number: number): string =>
  toTrailJson(buildAuditEntry({ action: 'data.read', detail: { number } }, AT));

/** Appends an entry to a chain by the rules of the format. */
function appendEntry(trail: WrittenTrail, chain: string, entry: string): void {
  const last = trail.entries.findLast((one) => one.chain === chain);
  const link = computeLink(last ? Buffer.from(last.link, 'hex') : startChain(chain), entry);
  trail.entries.push({ chain, seq: (last?.seq ?? 0) + 1, entry, link: link.toString('hex') });
}

function listEnds({ entries }: WrittenTrail): readonly ChainEnd[] {
  return CHAINS.flatMap((chain) => {
    const last = entries.findLast((one) => one.chain === chain);
    return last ? [{ chain, entries: last.seq, link: last.link }] : [];
  });
}

/** Writes two chains of ten entries each, with a head after every fifth. */
function writeTrail(signer = SIGNER): WrittenTrail {
  const trail: WrittenTrail = { entries: [], heads: [] };
  for (let number = 1; number <= 10; number++) {
    for (const chain of CHAINS) appendEntry(trail, chain, formatEntry(number));
    if (number % 5 === 0) trail.heads.push(signHead(signer, trail.heads.at(-1), listEnds(trail), AT));
  }
  return trail;
}

function openTrail(trail: WrittenTrail): AuditTrail {
  return {
    listChainEnds: async () => listEnds(trail),
    listEntries: async (chain, after, limit) =>
      trail.entries.filter((entry) => entry.chain === chain && entry.seq > after).slice(0, limit),
    listHeads: async (after, limit) => trail.heads.filter(({ number }) => number > after).slice(0, limit),
  };
}

const listCopy = ({ heads }: WrittenTrail): readonly string[] => heads.map(({ head }) => head);

async function listKinds(
  trail: WrittenTrail,
  trusted: Partial<TrustedHeads> = {},
): Promise<readonly TrailFindingKind[]> {
  const report = await verifyTrail(openTrail(trail), { keys: null, copy: null, ...trusted });
  expect(report.valid).toBe(report.findings.length === 0);
  return report.findings.map(({ kind }) => kind);
}

/** Writes the links of a chain anew from its entries, as somebody does who knows how the trail is made. */
function relink(trail: WrittenTrail): void {
  for (const chain of CHAINS) {
    let link = startChain(chain);
    trail.entries = trail.entries.map((entry) => {
      if (entry.chain !== chain) return entry;
      link = computeLink(link, entry.entry);
      return { ...entry, link: link.toString('hex') };
    });
  }
}

const matchPlace = (chain: string, seq: number) => (entry: StoredAuditEntry) =>
  entry.chain === chain && entry.seq === seq;

const changeEntry = (trail: WrittenTrail, entry: string): void => {
  trail.entries = trail.entries.map((one) => (matchPlace('*', 3)(one) ? { ...one, entry } : one));
};

const numberAgain = (trail: WrittenTrail): void => {
  const next = new Map<string, number>();
  trail.entries = trail.entries.map((entry) => {
    const seq = (next.get(entry.chain) ?? 0) + 1;
    next.set(entry.chain, seq);
    return { ...entry, seq };
  });
};

test('a trail that was left as it is holds, with what it says of itself', async () => {
  const trail = writeTrail();
  const report = await verifyTrail(openTrail(trail), { keys: [SIGNER.publicKey], copy: listCopy(trail) });
  expect(report).toEqual({
    ...{ valid: true, entries: 20, chains: 2, heads: 2, afterLastHead: 0, findings: [] },
    ...{ lastHeadAt: AT.toISOString(), key: SIGNER.publicKey, isKeyTrusted: true, isComparedWithCopy: true },
  });
});

test('entries after the last head are counted, since nothing guards them', async () => {
  const trail = writeTrail();
  appendEntry(trail, '*', formatEntry(11));
  const report = await verifyTrail(openTrail(trail), { keys: null, copy: null });
  expect(report).toMatchObject({ valid: true, afterLastHead: 1 });
});

describe('what somebody does to the entries', () => {
  test('a change is found at its place', async () => {
    const trail = writeTrail();
    changeEntry(trail, formatEntry(99));
    const report = await verifyTrail(openTrail(trail), { keys: null, copy: null });
    expect(report.findings).toEqual([{ kind: 'entry-changed', chain: '*', seq: 3 }]);
  });

  test('a change with the links after it written anew contradicts the heads', async () => {
    const trail = writeTrail();
    changeEntry(trail, formatEntry(99));
    relink(trail);
    const report = await verifyTrail(openTrail(trail), { keys: null, copy: null });
    expect(report.findings).toEqual([{ kind: 'link-rewritten', chain: '*', seq: 5 }]);
  });

  test.each([
    [
      'removed',
      (trail: WrittenTrail) => trail.entries.splice(trail.entries.findIndex(matchPlace('*', 4)), 1),
    ],
    [
      'exchanged',
      (trail: WrittenTrail) => {
        const [a, b] = [4, 6].map((seq) => trail.entries.findIndex(matchPlace('*', seq)));
        const [first, second] = [trail.entries[a ?? 0], trail.entries[b ?? 0]];
        if (!first || !second) throw new Error('The trail is too short.');
        trail.entries[a ?? 0] = { ...first, entry: second.entry };
        trail.entries[b ?? 0] = { ...second, entry: first.entry };
      },
    ],
    [
      'inserted',
      (trail: WrittenTrail) => {
        const at = trail.entries.findIndex(matchPlace('*', 4));
        const entry = trail.entries[at];
        if (entry) trail.entries.splice(at, 0, { ...entry, entry: formatEntry(98) });
      },
    ],
  ])('entries that are %s are found, renumbered and linked anew or not', async (_what, change) => {
    const repairAll = (trail: WrittenTrail) => {
      numberAgain(trail);
      relink(trail);
    };
    for (const repair of [() => {}, numberAgain, repairAll]) {
      const trail = writeTrail();
      change(trail);
      repair(trail);
      expect(await listKinds(trail)).not.toEqual([]);
    }
  });

  test('an end that was cut off is found by the head that states it', async () => {
    const trail = writeTrail();
    trail.entries = trail.entries.filter((entry) => !matchPlace('site-1', 10)(entry));
    expect(await listKinds(trail)).toEqual(['end-missing']);
  });

  test('a chain that was removed as a whole is found', async () => {
    const trail = writeTrail();
    trail.entries = trail.entries.filter(({ chain }) => chain !== 'site-1');
    expect(await listKinds(trail)).toEqual(['end-missing']);
  });
});

describe('what somebody does to the heads', () => {
  test('an older copy of the whole trail is found by the copy of the heads, and by nothing else', async () => {
    const trail = writeTrail();
    const copy = listCopy(trail);
    trail.heads.pop();
    trail.entries = trail.entries.filter(({ seq }) => seq <= 5);
    expect(await listKinds(trail, { copy })).toEqual(['head-lost']);
    // The control: without the copy nothing shows.
    expect(await listKinds(trail)).toEqual([]);
  });

  test('a trail written anew with another key is found by the key, or by the copy', async () => {
    const genuine = writeTrail();
    const forged = writeTrail(createSigner());
    expect(await listKinds(forged, { keys: [SIGNER.publicKey] })).toEqual(['head-key', 'head-key']);
    expect(await listKinds(forged, { copy: listCopy(genuine) })).toEqual(['head-replaced', 'head-replaced']);
  });

  test('a head that was changed, removed or exchanged is found', async () => {
    const changed = writeTrail();
    const [first, second] = changed.heads;
    if (!first || !second) throw new Error('The trail has no heads.');
    const later = { ...JSON.parse(first.head), at: '2027-01-01T00:00:00.000Z' };
    changed.heads = [{ number: 1, head: toTrailJson(later) }, second];
    expect(await listKinds(changed)).toEqual(['head-signature', 'head-unlinked']);
    const removed = { ...writeTrail(), heads: [second] };
    expect(await listKinds(removed)).toEqual(['head-order', 'head-unlinked']);
    const damaged = { ...writeTrail(), heads: [{ number: 1, head: '{' }, second] };
    expect(await listKinds(damaged)).toContain('head-malformed');
  });

  test('a line that was removed from the copy is found, but for the last, which may not be there yet', async () => {
    const trail = writeTrail();
    expect(await listKinds(trail, { copy: listCopy(trail).slice(1) })).toEqual(['head-not-copied']);
    expect(await listKinds(trail, { copy: listCopy(trail).slice(0, 1) })).toEqual([]);
  });
});
