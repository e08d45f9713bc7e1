/** How FHIR sees an action: the code of AuditEvent.action (Create, Read, Update, Delete, Execute). */
type FhirAction = 'C' | 'R' | 'U' | 'D' | 'E';

interface ActionMeaning {
  readonly says: string;
  readonly fhir: FhirAction;
}

const define = (fhir: FhirAction, says: string): ActionMeaning => ({ fhir, says });

/** Every action of the audit trail, and what it means. Stored: a name is never changed, and never used for something else. */
export const AUDIT_ACTIONS = {
  'resource.created': define('C', 'A resource was stored for the first time.'),
  'resource.updated': define('U', 'A newer version of a resource took effect.'),
  'resource.kept': define('C', 'A version without effect was kept: older, or in conflict.'),
  'resource.deleted': define('D', 'The sender deleted a resource, or it was replaced by another.'),
  'resource.withheld': define('U', 'A version arrived whose content may not be kept.'),
  'resource.dropped': define('E', 'Resources about patients who are not enrolled were dropped.'),
  'resource.reindexed': define('U', 'Resources were indexed again.'),
  'facts.restated': define('U', 'Facts were derived again from stored resources.'),
  'identity.linked': define('U', 'What patient identifiers mean was derived again.'),
  'payload.sealed': define('C', 'A payload about a patient who is not enrolled was encrypted and kept.'),
  'payload.unsealed': define('U', 'Sealed payloads were opened, because their patient was enrolled.'),
  'payload.destroyed': define('D', 'Sealed payloads were destroyed.'),
  'subject.enrolled': define('C', 'A subject was enrolled.'),
  'subject.changed': define('U', 'The enrolment of a subject was changed.'),
  'subject.withdrawn': define('U', 'A subject withdrew consent.'),
  'subject.resumed': define('U', 'A subject who had withdrawn takes part again.'),
  'work-item.accepted': define('U', 'A person accepted a work item with a target.'),
  'work-item.rejected': define('U', 'A person rejected a work item.'),
  'work-item.answered': define('U', 'A person answered a question about a subject.'),
  'adjudication.stated': define('C', 'A person stated what only a person can know of a subject.'),
  'adjudication.changed': define('U', 'A person corrected or took back an adjudication.'),
  'decision.made': define('C', 'A person decided, with a signature or without.'),
  'criteria.signed': define('U', 'A criteria set was signed off.'),
  'assessment.made': define('C', 'A subject was assessed for the first time.'),
  'assessment.changed': define('U', 'The assessment of a subject changed.'),
  'assessment.expired': define('U', 'An assessment was marked as outdated.'),
  'write-back.queued': define('C', 'Resources were queued for the EHR, or taken out of the queue unsent.'),
  'write-back.delivered': define('E', 'A resource was written to an EHR.'),
  'write-back.dead': define('E', 'A write-back was given up.'),
  'write-back.moved': define('U', 'Write-backs were paused, resumed or tried again by a person.'),
  'write-back.overwrite': define('U', 'A person decided to replace what somebody else changed in an EHR.'),
  'library.activated': define('U', 'Other mappings, protocols or criteria took effect.'),
  'decision.shared': define('U', 'The files of decisions were stored for other instances.'),
  'store.moved': define('U', 'The store was moved to another database.'),
  'setting.changed': define('U', 'A value that every process shares was changed.'),
  'export.written': define('R', 'A study was exported.'),
  'data.read': define('R', 'Somebody read data about subjects.'),
  'service.started': define('E', 'The service was started.'),
  'service.stopped': define('E', 'The service was stopped.'),
  'person.signed-in': define('E', 'A person signed in.'),
  'person.signed-out': define('E', 'A person signed out, or a session was revoked.'),
  'client.authenticated': define('E', 'A client authenticated itself for an access token.'),
  'admission.refused': define('E', 'Requests were refused before they were admitted.'),
  'key.created': define('C', 'A key was created.'),
  'key.rotated': define('U', 'A key was replaced by another.'),
  'key.given-up': define('D', 'A lost key was given up, and what only it opens with it.'),
  'subject.erased': define('D', 'The content about a subject was made unreadable.'),
  'retention.applied': define('D', 'What was due by the retention period was destroyed.'),
  'backup.made': define('R', 'A backup was made.'),
  'backup.restored': define('U', 'The store was restored from a backup.'),
} as const satisfies Readonly<Record<string, ActionMeaning>>;

export type AuditAction = keyof typeof AUDIT_ACTIONS;
