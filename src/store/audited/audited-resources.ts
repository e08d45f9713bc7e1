import type { AuditAction } from '../../audit/audit-actions.ts';
import { ADJUDICATE_DOOR } from '../adjudicate-door.ts';
import type { Inbox, ResourceKey, ResourceVersion } from '../inbox-store.ts';
import type { FactStore } from '../store.ts';
import type { AuditRecorder } from './audit-recorder.ts';

type AddedVersion = Parameters<Inbox['addVersion']>[0];

/** Derives what happened from the row of a version: its retention says what was kept of it. */
function selectVersionAction(row: AddedVersion, version: number, isCurrent: boolean): AuditAction {
  if (row.retention !== 'kept') return 'resource.withheld';
  if (row.body === null) return 'resource.deleted';
  if (!isCurrent) return 'resource.kept';
  if (row.door === ADJUDICATE_DOOR) return version === 1 ? 'adjudication.stated' : 'adjudication.changed';
  return version === 1 ? 'resource.created' : 'resource.updated';
}

const joinKey = ({ site, resourceType, id }: ResourceKey): string => `${site}|${resourceType}/${id}`;

function recordVersion(
  recorder: AuditRecorder,
  row: AddedVersion,
  {
    version,
    isCurrent,
    before,
  }: { readonly version: number; readonly isCurrent: boolean; readonly before: string | null },
): void {
  const { hashContent } = recorder.hashes;
  const hasContent = row.body !== null && row.digest !== null;
  recorder.noteResource(row, {
    action: selectVersionAction(row, version, isCurrent),
    site: row.site,
    object: recorder.nameResource(row),
    ...(isCurrent && before !== null ? { before: hashContent(before) } : {}),
    ...(hasContent ? { after: hashContent(row.digest) } : {}),
    ...(row.retention === 'kept' ? {} : { reason: row.retention }),
    detail: { door: row.door, version, disposition: row.disposition },
  });
}

/** Records every version that is stored, and every change of the index by itself. */
export function createAuditedInbox(inbox: Inbox, recorder: AuditRecorder): Inbox {
  /** The digests of current versions as far as the transaction has read them: they are not read again. */
  const digests = new Map<string, string | null>();
  const remember = (key: ResourceKey, current: ResourceVersion | undefined): string | null => {
    const digest = current?.digest ?? null;
    digests.set(joinKey(key), digest);
    return digest;
  };
  return {
    ...inbox,
    async getCurrent(key) {
      const current = await inbox.getCurrent(key);
      remember(key, current);
      return current;
    },
    async addVersion(row, index, isCurrent, owners = []) {
      const known = digests.get(joinKey(row));
      const before = known === undefined ? remember(row, await inbox.getCurrent(row)) : known;
      const version = await inbox.addVersion(row, index, isCurrent, owners);
      for (const owner of owners) recorder.noteFacts(row, owner);
      recordVersion(recorder, row, { version, isCurrent, before });
      if (isCurrent) digests.set(joinKey(row), row.digest);
      return version;
    },
    async replaceIndex(key, index) {
      recorder.noteDerived('index', joinKey(key));
      await inbox.replaceIndex(key, index);
    },
    async setDisposition(key, disposition) {
      recorder.noteFacts(key, null);
      await inbox.setDisposition(key, disposition);
    },
  };
}

/** Notes the subjects about whom facts are replaced. */
export const createAuditedFacts = (facts: FactStore, recorder: AuditRecorder): FactStore => ({
  ...facts,
  async replaceForResource(key, study, subject, replacements) {
    recorder.noteFacts(key, { study, subject });
    await facts.replaceForResource(key, study, subject, replacements);
  },
});
