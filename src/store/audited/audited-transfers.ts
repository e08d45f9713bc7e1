import type { Outbox } from '../outbox.ts';
import type { SealedPayloadStore } from '../sealed-payload-store.ts';
import { type AuditRecorder, formatAuditSubject } from './audit-recorder.ts';

/** Records what is queued for EHRs, what they have received, and what people decide about it. */
export function createAuditedOutbox(outbox: Outbox, recorder: AuditRecorder): Outbox {
  const { hashContent } = recorder.hashes;
  return {
    ...outbox,
    async enqueue(entry, now) {
      const { resourceType, identifier, resource } = entry;
      recorder.noteQueued(entry, `+ ${resourceType}/${identifier} ${hashContent(resource)}`);
      await outbox.enqueue(entry, now);
    },
    async removeUnsent(site, identifier) {
      const entry = await outbox.get(site, identifier);
      const isRemoved = await outbox.removeUnsent(site, identifier);
      if (isRemoved && entry) recorder.noteQueued(entry, `- ${entry.resourceType}/${identifier}`);
      return isRemoved;
    },
    async markDelivered(entry, location) {
      const { site, resourceType, identifier, resource, generation } = entry;
      recorder.note({
        action: 'write-back.delivered',
        site,
        object: `${resourceType}/${identifier}`,
        about: [formatAuditSubject(entry)],
        after: hashContent(resource),
        detail: { generation },
      });
      await outbox.markDelivered(entry, location);
    },
    async recordFailure(entry, failure, conflictLocation) {
      if (failure.next === 'dead')
        recorder.note({
          action: 'write-back.dead',
          outcome: 'failed',
          site: entry.site,
          object: `${entry.resourceType}/${entry.identifier}`,
          about: [formatAuditSubject(entry)],
          reason: failure.code,
        });
      await outbox.recordFailure(entry, failure, conflictLocation);
    },
    async overwrite(site, identifier, now) {
      const entry = await outbox.get(site, identifier);
      const isMade = await outbox.overwrite(site, identifier, now);
      if (isMade && entry)
        recorder.note({
          action: 'write-back.overwrite',
          site,
          object: `${entry.resourceType}/${identifier}`,
          about: [formatAuditSubject(entry)],
          after: hashContent(entry.resource),
        });
      return isMade;
    },
    async changeState(from, to, site, now) {
      const count = await outbox.changeState(from, to, site, now);
      recorder.note({
        action: 'write-back.moved',
        ...(site === null ? {} : { site }),
        count,
        detail: { from, to },
      });
      return count;
    },
  };
}

/** Records what is sealed, opened and destroyed; payloads are known by their own keyed hashes. */
export const createAuditedSealedPayloads = (
  payloads: SealedPayloadStore,
  recorder: AuditRecorder,
): SealedPayloadStore => ({
  ...payloads,
  async put(payload) {
    const isNew = await payloads.put(payload);
    if (isNew)
      recorder.note({
        action: 'payload.sealed',
        site: payload.site,
        object: `Sealed/${recorder.hashes.hashName(payload.resourceHash)}`,
        after: recorder.hashes.hashContent(payload.contentHash),
        detail: { until: payload.destroyAfter },
      });
    return isNew;
  },
  async take(site, patientHashes) {
    const taken = await payloads.take(site, patientHashes);
    for (const { resourceHash, contentHash } of taken)
      recorder.note({
        action: 'payload.unsealed',
        site,
        object: `Sealed/${recorder.hashes.hashName(resourceHash)}`,
        before: recorder.hashes.hashContent(contentHash),
      });
    return taken;
  },
  async destroyForResource(site, resourceHash) {
    const count = await payloads.destroyForResource(site, resourceHash);
    if (count > 0)
      recorder.note({
        action: 'payload.destroyed',
        site,
        object: `Sealed/${recorder.hashes.hashName(resourceHash)}`,
        reason: 'deleted-by-sender',
        count,
      });
    return count;
  },
  async destroyDue(now) {
    const due = await payloads.destroyDue(now);
    for (const { site, resourceHash } of due)
      recorder.note({
        action: 'payload.destroyed',
        site,
        object: `Sealed/${recorder.hashes.hashName(resourceHash)}`,
        reason: 'due',
      });
    return due;
  },
});
