import { type RestoreResult, restoreBackup } from './restore-backup.ts';
import { type BackupResult, writeBackup } from './write-backup.ts';

/** Making and restoring backups. They open the store by themselves: none needs the mappings. */
export interface BackupOperations {
  /** Throws `backup/invalid` where something is in the folder; a `store/…` Failure where the store cannot be read. */
  readonly writeBackup: typeof writeBackup;
  /** Throws `backup/invalid` with what is wrong. */
  readonly restoreBackup: typeof restoreBackup;
}

export type { BackupResult, RestoreResult };

export const BACKUP_OPERATIONS: BackupOperations = { writeBackup, restoreBackup };
