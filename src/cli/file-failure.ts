import { resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../errors.ts';

/** An error of the operating system about a file or folder. */
interface FileError {
  readonly code: string;
  /** Absent where the error is about a file that is already open. */
  readonly path?: string;
}

/** The meaning of the operating system's codes, each with its fix. */
const FILE_ERRORS: Readonly<Record<string, readonly [problem: string, fix: string]>> = {
  ENOENT: ['There is no such file or folder, or none can be created here', 'Correct the path.'],
  ENOTDIR: ['A part of this path is a file, not a folder', 'Name a path whose folders are folders.'],
  EEXIST: ['There is a file where a folder is needed', 'Name a folder, or move the file away.'],
  EISDIR: ['This is a folder, not a file', 'Name a file.'],
  ENOTEMPTY: ['The folder is not empty', 'Name another folder.'],
  EACCES: ['Access is denied', 'Give the user that runs this access, or name another path.'],
  EPERM: ['Access is denied', 'Give the user that runs this access, or name another path.'],
  EROFS: ['The file system is read-only', 'Name a path on a file system that can be written.'],
  ENOSPC: ['The disk is full', 'Free space, or name a path on another disk, and run this again.'],
  EDQUOT: [
    'The quota of the disk is used up',
    'Free space, or name a path on another disk, and run this again.',
  ],
  EFBIG: [
    'The file would be larger than the system allows',
    'Raise the limit, or name a path on another disk.',
  ],
  ENAMETOOLONG: ['The path is too long', 'Name a shorter path.'],
  ELOOP: ['The symbolic links of this path lead in a circle', 'Correct the links, or name another path.'],
  EMFILE: ['This process has too many files open', 'Raise the limit of open files, and run this again.'],
  ENFILE: ['The system has too many files open', 'Close other programs, and run this again.'],
  EIO: ['The disk cannot be read or written', 'Check the disk, and run this again.'],
  EBUSY: ['The file is in use', 'Close the program that uses it, and run this again.'],
};

/** Whether the value is an error of the operating system about a file or folder, and not about a connection. */
function isFileError(cause: unknown): cause is FileError {
  if (typeof cause !== 'object' || cause === null) return false;
  if (!('syscall' in cause && 'code' in cause)) return false;
  return !('address' in cause || 'hostname' in cause) && typeof cause.code === 'string';
}

/** Names the path of an error that does not name it itself, as those about an open file. */
export function addPath(cause: unknown, path: string): unknown {
  return isFileError(cause) && cause.path === undefined ? Object.assign(cause, { path }) : cause;
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

/** Finds the option or argument whose value is the path or a folder above it, as the help writes it; null without one. */
function findNamingOption(command: Command | null, path: string): string | null {
  if (!command) return null;
  const options = command.options.map((option) => [
    option.long ?? option.flags,
    command.getOptionValue(option.attributeName()),
  ]);
  const named = command.registeredArguments.map((argument, i) => [
    `<${argument.name()}>`,
    command.processedArgs[i],
  ]);
  const found = [...options, ...named].find(([, value]) =>
    [value].flat().some((text) => typeof text === 'string' && text !== '' && isWithin(path, resolve(text))),
  );
  return found ? String(found[0]) : null;
}

/** Converts an error of the operating system about a file to a Failure that names option, path and fix; null for any other. */
export function toFileFailure(cause: unknown, command: Command | null): Failure | null {
  if (!isFileError(cause)) return null;
  const { code, path } = cause;
  const [problem, fix] = FILE_ERRORS[code] ?? [
    'The system refuses this',
    'Check the path and its file system.',
  ];
  const option = path === undefined ? null : findNamingOption(command, path);
  const place = [option, path].filter(Boolean).join(' ');
  return new Failure(
    'cli/failed',
    `${problem} (${code}).`,
    { ...(place ? { at: place } : {}), fix },
    { cause },
  );
}
