import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AuditTrail } from '../../audit/audit-trail.ts';
import { formatTrailLines, readTrailLines, TrailLineError } from '../../audit/trail-file.ts';
import type { TrailReport } from '../../audit/trail-findings.ts';
import { verifyTrail } from '../../audit/verify-trail.ts';
import type { Config } from '../../config.ts';
import { Failure } from '../../errors.ts';
import { openStore } from '../opening/open-store.ts';
import { locateAuditKey, readAuditKey } from './audit-key.ts';
import { type Disclosure, listDisclosures } from './disclosures.ts';
import { buildAuditEvents } from './fhir/audit-event.ts';
import { buildDecisionProvenance } from './fhir/decision-provenance.ts';
import { locateHeadFile, readHeadLines } from './head-file.ts';
import { type AuditFilter, type ListedAuditEntry, selectAuditEntries } from './select-entries.ts';

/** What a trail is verified with, besides what the configuration names. */
export interface VerificationOptions {
  /** An exported trail, in place of the store's. */
  readonly trail?: string | undefined;
  /** The copy of the heads; by default that of the configuration, where it is there. */
  readonly heads?: string | undefined;
  /** Public keys that may have signed (base64url); by default that of the configuration, where it is there. */
  readonly keys?: readonly string[] | undefined;
}

/** Operations on an audit trail. They change nothing, and open the store by themselves: none needs the mappings. */
export interface AuditOperations {
  /** Verifies the trail of the store, of a backup of it, or of an exported file. */
  verifyAuditTrail(config: Config, options: VerificationOptions): Promise<TrailReport>;
  listAuditEntries(config: Config, filter: AuditFilter): Promise<readonly ListedAuditEntry[]>;
  listDisclosures(config: Config, filter: AuditFilter): Promise<readonly Disclosure[]>;
  /** Passes the trail on as lines of NDJSON that anybody can verify. */
  exportAuditTrail(config: Config, write: (line: string) => Promise<void>): Promise<void>;
  /** Passes FHIR R4 AuditEvents and Provenances of the entries on, as lines of NDJSON. */
  exportAuditAsFhir(
    config: Config,
    filter: AuditFilter,
    write: (line: string) => Promise<void>,
  ): Promise<void>;
  /** Returns the public key of the trail's signatures; null where this folder has no key. */
  readPublicKey(config: Config): string | null;
}

/** Runs the work on the trail of the store, in one state. */
async function withTrail<T>(config: Config, work: (trail: AuditTrail) => Promise<T>): Promise<T> {
  if (config.database !== null) {
    const store = await openStore(config);
    try {
      return await store.read((tx) => work(tx.audit));
    } finally {
      await store.close();
    }
  }
  const { readSqliteTrail } = await import('../../store/sqlite/safekeeping/read-trail.ts');
  return readSqliteTrail({ file: join(config.dataDir, 'store.db'), keysDir: config.keysDir }, work);
}

async function readExportedTrail(file: string): Promise<AuditTrail> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    return await readTrailLines(lines);
  } catch (cause) {
    if (!(cause instanceof TrailLineError)) throw cause;
    throw new Failure('audit/malformed', 'This is no exported audit trail.', {
      at: `${file}:${cause.line}`,
      fix: 'Name a file that `audit export` has written.',
    });
  }
}

function readNamedHeads(file: string): readonly string[] {
  if (existsSync(file)) return readHeadLines(file) ?? [];
  // Throws the system's error, which names the file.
  return [readFileSync(file, 'utf8')];
}

async function verifyAuditTrail(
  config: Config,
  { trail: file, heads, keys }: VerificationOptions,
): Promise<TrailReport> {
  const ownKey = file === undefined ? readPublicKey(config) : null;
  const ownHeads = file === undefined ? readHeadLines(locateHeadFile(config.auditHeadsDir)) : null;
  const trusted = {
    keys: keys ?? (ownKey === null ? null : [ownKey]),
    copy: heads === undefined ? ownHeads : readNamedHeads(heads),
  };
  if (file !== undefined) return verifyTrail(await readExportedTrail(file), trusted);
  return withTrail(config, (trail) => verifyTrail(trail, trusted));
}

const readPublicKey = (config: Config): string | null =>
  readAuditKey(locateAuditKey(config))?.publicKey ?? null;

export const AUDIT_OPERATIONS: AuditOperations = {
  verifyAuditTrail,
  listAuditEntries: (config, filter) => withTrail(config, (trail) => selectAuditEntries(trail, filter)),
  listDisclosures: (config, filter) => withTrail(config, (trail) => listDisclosures(trail, filter)),
  exportAuditTrail: (config, write) =>
    withTrail(config, async (trail) => {
      for await (const line of formatTrailLines(trail)) await write(line);
    }),
  exportAuditAsFhir: (config, filter, write) =>
    withTrail(config, async (trail) => {
      for (const entry of await selectAuditEntries(trail, filter)) {
        const provenance = buildDecisionProvenance(entry);
        for (const resource of [...buildAuditEvents(entry), ...(provenance ? [provenance] : [])])
          await write(`${JSON.stringify(resource)}\n`);
      }
    }),
  readPublicKey,
};
