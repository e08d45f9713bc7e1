import type { ChainEnd } from '../../audit/audit-chain.ts';
import type { StoredAuditHead } from '../../audit/audit-trail.ts';
import { type HeadSigner, signHead } from '../../audit/signed-head.ts';
import type { AuditLog } from '../../store/audit-log.ts';
import type { Store } from '../../store/store.ts';
import { appendHeads, readLastCopied } from './head-file.ts';

/** After so many entries, or so long after the first of them, a head is signed. */
const MOST_ENTRIES = 1_000;
const LONGEST_MS = 60_000;
/** How many heads are read at once when the copy is brought up to date. */
const PAGE = 1_000;

/** Signs heads of the trail as it grows. */
export interface HeadKeeper {
  /** Told how many entries were appended. */
  onAppended(entries: number): void;
  /** Signs a head now, unless nothing was appended since the last one. */
  sign(): Promise<void>;
  /** Signs the last head. Throws where it could not be stored or copied. */
  stop(): Promise<void>;
}

/** What the keeper needs besides the store. */
export interface HeadKeeperSettings {
  readonly signer: HeadSigner;
  /** The copy of the heads. */
  readonly file: string;
  /** Called where a head could not be stored or copied; it is tried again with the next entries. */
  onFailed(cause: unknown): void;
}

/** Selects the chains that have grown since the ends that were signed last by this process. */
function selectGrown(ends: readonly ChainEnd[], signed: ReadonlyMap<string, string>): readonly ChainEnd[] {
  return ends.filter(({ chain, link }) => signed.get(chain) !== link);
}

/** Creates the keeper of a store's heads. It works on the store itself: a head is no entry. */
export function createHeadKeeper(store: Store, { signer, file, onFailed }: HeadKeeperSettings): HeadKeeper {
  /** The links of the ends that this process signed last. */
  const signed = new Map<string, string>();
  let copied: number | null = null;
  let unsigned = 0;
  let timer: NodeJS.Timeout | null = null;
  let last: Promise<void> = Promise.resolve();

  async function addHead(audit: AuditLog): Promise<readonly ChainEnd[]> {
    const grown = selectGrown(await audit.listChainEnds(), signed);
    if (grown.length === 0) return [];
    await audit.addHead(signHead(signer, await audit.getLastHead(), grown, new Date()));
    return grown;
  }

  /** Copies every head that the file does not have, those of other instances too. */
  async function copyHeads(): Promise<void> {
    copied ??= readLastCopied(file);
    for (;;) {
      const place: number = copied;
      const heads: readonly StoredAuditHead[] = await store.read((tx) => tx.audit.listHeads(place, PAGE));
      appendHeads(file, heads);
      copied = heads.at(-1)?.number ?? copied;
      if (heads.length < PAGE) return;
    }
  }

  async function signNow(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    unsigned = 0;
    const grown = await store.transaction((tx) => addHead(tx.audit));
    for (const { chain, link } of grown) signed.set(chain, link);
    await copyHeads();
  }

  /** Runs one signing after the other. */
  function sign(): Promise<void> {
    const next = last.then(signNow);
    last = next.catch(() => {});
    return next;
  }

  const signLater = () => void sign().catch(onFailed);

  return {
    onAppended(entries) {
      unsigned += entries;
      if (unsigned >= MOST_ENTRIES) signLater();
      else timer ??= setTimeout(signLater, LONGEST_MS).unref();
    },
    sign,
    async stop() {
      if (unsigned > 0 || timer) await sign();
      else await last;
    },
  };
}
