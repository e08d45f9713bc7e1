import type { AuditAction } from '../../../audit/audit-actions.ts';
import { CANONICAL_BASE } from '../../../fhir/canonical-urls.ts';
import type { JsonObject } from '../../../fhir/resource.ts';
import type { ListedAuditEntry } from '../select-entries.ts';

type Activity = 'CREATE' | 'UPDATE' | 'NULLIFY';

/** The actions that are the work of a person or go to an EHR, with what they do to their object. */
const ACTIVITIES: ReadonlyMap<AuditAction, Activity> = new Map([
  ['work-item.accepted', 'UPDATE'],
  ['work-item.rejected', 'UPDATE'],
  ['work-item.answered', 'UPDATE'],
  ['adjudication.stated', 'CREATE'],
  ['adjudication.changed', 'UPDATE'],
  ['criteria.signed', 'UPDATE'],
  ['subject.withdrawn', 'UPDATE'],
  ['assessment.made', 'CREATE'],
  ['assessment.changed', 'UPDATE'],
  ['write-back.delivered', 'CREATE'],
  ['write-back.overwrite', 'UPDATE'],
]);

const DATA_OPERATION = 'http://terminology.hl7.org/CodeSystem/v3-DataOperation';
const PARTICIPANT = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type';

const nameAudited = (value: string): JsonObject => ({
  identifier: { system: `${CANONICAL_BASE}/sid/audited`, value },
});

/**
 * Builds the FHIR R4 Provenance of an entry about a decision, an assessment or a write-back: what it concerns, who is
 * responsible, and the hash of what it replaced. Null for any other entry.
 */
export function buildDecisionProvenance(entry: ListedAuditEntry): JsonObject | null {
  const activity = ACTIVITIES.get(entry.action);
  if (!activity) return null;
  const { chain, seq, object = `${chain}/${seq}`, before, after, kind, actor } = entry;
  const type = kind === 'system' ? 'assembler' : 'author';
  return {
    resourceType: 'Provenance',
    target: [nameAudited(after === undefined ? object : `${object}#${after}`)],
    recorded: entry.at,
    activity: { coding: [{ system: DATA_OPERATION, code: activity }] },
    agent: [
      {
        type: { coding: [{ system: PARTICIPANT, code: type }] },
        who: {
          identifier: { system: `${CANONICAL_BASE}/sid/actor`, value: String(entry.detail?.by ?? actor) },
        },
        ...(entry.detail?.by === undefined || entry.detail.by === actor
          ? {}
          : { onBehalfOf: { identifier: { system: `${CANONICAL_BASE}/sid/actor`, value: actor } } }),
      },
    ],
    ...(before === undefined
      ? {}
      : { entity: [{ role: 'revision', what: nameAudited(`${object}#${before}`) }] }),
  };
}
