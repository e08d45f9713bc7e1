import { userInfo } from 'node:os';
import type { AuditOrigin } from '../audit/audit-origin.ts';

/** The user of a process as the operating system knows them; a container may run as a number without a name. */
function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Who runs a command: the operating system's user. */
export const readOperatorOrigin = (): AuditOrigin => ({
  actor: readUserName(),
  kind: 'person',
  how: 'operating-system',
});
