import { existsSync } from 'node:fs';
import { createFolder } from '../durable-folders.ts';
import { parseSidecarPath, SIDECAR_FOLDER } from '../exports/lineage/sidecar.ts';
import { narrowRights } from '../store/keys/key-file.ts';

/** The folder of the sidecars, below that of the export. */
export const TRACE_FOLDER = SIDECAR_FOLDER;

/** Creates the folder of an export and those above it; throws the system's error with the path that is wrong. */
export const createExportFolder = (path: string): void => createFolder(path);

/** Takes the rights of other users from a file that an export is about to replace; an export of an earlier version had them. */
export function narrowExportFile(path: string): void {
  if (existsSync(path)) narrowRights(path, 0o600);
}

/** Finds the file that belongs to a sidecar, by the sidecar's path in the export folder; null for any other path. */
export const findTracedFile = (path: string): string | null => parseSidecarPath(path);
