import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** An ext4 file system in a file, which can be cut off like a disk that loses its power. */
export interface CuttableFileSystem {
  /** Where it is mounted. */
  readonly path: string;
  /** Ends all writing at once: what is not on the disk at this moment is lost. */
  cut(): void;
  /** Mounts it again, as after the power has come back: the journal is replayed. */
  remount(): void;
  remove(): void;
}

const BYTES = 256 * 1_048_576;

/**
 * The ioctl EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH (Linux, fs/ext4/ext4.h): the journal is not flushed either.
 * Node has no ioctl; Perl is part of Debian's base system.
 */
const SHUTDOWN_SCRIPT =
  'open(my $f, "<", $ARGV[0]) or die "$!\\n"; my $flags = pack("L", 2); ioctl($f, 0x8004587d, $flags) // die "$!\\n";';

function runTool(tool: string, ...args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${tool} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

/** Creates and mounts the file system in a folder. Throws where this machine cannot: it needs root and loop devices. */
export function createCuttableFileSystem(folder: string): CuttableFileSystem {
  const image = join(folder, 'disk.img');
  const path = join(folder, 'disk');
  const handle = openSync(image, 'w');
  ftruncateSync(handle, BYTES);
  closeSync(handle);
  mkdirSync(path);
  runTool('mkfs.ext4', '-q', '-F', image);
  const mount = () => runTool('mount', '-o', 'loop', image, path);
  mount();
  return {
    path,
    cut: () => runTool('perl', '-e', SHUTDOWN_SCRIPT, path),
    remount() {
      runTool('umount', path);
      mount();
    },
    remove: () => void spawnSync('umount', [path]),
  };
}
