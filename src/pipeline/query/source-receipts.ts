import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceVersion } from '../../store/inbox-store.ts';
import type { Source } from '../../trial/facts.ts';
import { formatReceiptKey, listStatedValues, type SourceReceipt } from '../../trial/source-receipts.ts';
import { resolveContext } from '../facts/inherit-from-report.ts';
import { mapForSubjects } from '../facts/store-facts.ts';
import type { SiteTransaction } from '../site-transaction.ts';

/** Lists the laboratory values that a version states for a subject, by the mappings in use. */
async function listVersionValues(
  tx: SiteTransaction,
  version: ResourceVersion,
  subject: string,
): Promise<readonly string[]> {
  if (version.body === null) return [];
  const resource = parseJson(version.body) as Resource;
  const context = await resolveContext(tx, version, { resource, fhirVersion: version.fhirVersion });
  const mapped = await mapForSubjects(tx, context);
  return mapped
    .filter((one) => one.subject.subject === subject)
    .flatMap((one) => listStatedValues(one.mapped.facts));
}

async function readReceipt(
  tx: SiteTransaction,
  source: Source,
  subject: string,
): Promise<SourceReceipt | null> {
  const { site, resourceType, id } = source;
  const versions = await tx.inbox.listVersions({ site, resourceType, id });
  const used = versions.findLast(
    ({ senderVersion, body }) => body !== null && senderVersion === source.version,
  );
  if (used === undefined) return null;
  const before = versions.filter(({ version, retention }) => version < used.version && retention === 'kept');
  const earlier: SourceReceipt['earlier'][number][] = [];
  for (const version of before) {
    const { senderVersion, receivedAt } = version;
    earlier.push({
      version: senderVersion,
      receivedAt,
      values: await listVersionValues(tx, version, subject),
    });
  }
  return {
    source: { site, resourceType, id, version: source.version },
    receivedAt: used.receivedAt,
    earlier,
  };
}

/**
 * Reads when the sources of a subject's classes arrived, and what earlier versions of them stated. Sources that the store
 * does not keep are left out.
 */
export async function readSourceReceipts(
  tx: SiteTransaction,
  sources: readonly Source[],
  subject: string,
): Promise<readonly SourceReceipt[]> {
  const unique = new Map(sources.map((source) => [formatReceiptKey(source), source]));
  const receipts: SourceReceipt[] = [];
  for (const source of unique.values()) {
    const receipt = await readReceipt(tx, source, subject);
    if (receipt) receipts.push(receipt);
  }
  return receipts;
}
