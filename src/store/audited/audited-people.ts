import type { DecisionLog } from '../decision-log.ts';
import type { PersonSessionStore } from '../person-sessions.ts';
import { type AuditRecorder, formatAuditSubject } from './audit-recorder.ts';

/** Records each decision of a person: by a keyed hash of what was decided, and whether it is signed. */
export const createAuditedDecisions = (decisions: DecisionLog, recorder: AuditRecorder): DecisionLog => ({
  ...decisions,
  async add(decision) {
    const { kind, record, site, study, subject, signed } = decision;
    recorder.note({
      action: 'decision.made',
      object: `Decision/${recorder.hashes.hashName(`${kind} ${record}`)}`,
      after: recorder.hashes.hashContent(JSON.stringify(decision)),
      detail: { kind, signature: signed === null ? 'none' : 'signed' },
      ...(site === null ? {} : { site }),
      ...(study === null || subject === null ? {} : { about: [formatAuditSubject({ study, subject })] }),
    });
    await decisions.add(decision);
  },
});

/** Records that people signed in, and that sessions ended before their time. */
export const createAuditedSessions = (
  sessions: PersonSessionStore,
  recorder: AuditRecorder,
): PersonSessionStore => {
  const namePerson = (issuer: string, subject: string) =>
    `Person/${recorder.hashes.hashName(`${issuer} ${subject}`)}`;
  return {
    ...sessions,
    async add(session) {
      const { issuer, subject, roles } = session;
      recorder.note({
        action: 'person.signed-in',
        object: namePerson(issuer, subject),
        detail: { roles: [...roles].sort().join(' ') },
      });
      await sessions.add(session);
    },
    async end(selection) {
      const ended = await sessions.end(selection);
      if (ended > 0) recorder.note({ action: 'person.signed-out', count: ended });
      return ended;
    },
  };
};
