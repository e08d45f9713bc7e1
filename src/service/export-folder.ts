import { parseSidecarPath, SIDECAR_FOLDER } from '../exports/lineage/sidecar.ts';
import { createFolder } from '../store/data-folder.ts';

/** The folder of the sidecars, below that of the export. */
export const TRACE_FOLDER = SIDECAR_FOLDER;

/** Creates the folder of an export and those above it; throws the system's error with the path that is wrong. */
export const createExportFolder = (path: string): void => createFolder(path);

/** Finds the file that belongs to a sidecar, by the sidecar's path in the export folder; null for any other path. */
export const findTracedFile = (path: string): string | null => parseSidecarPath(path);
