import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type ChainEnd, toTrailJson } from '../../audit/audit-chain.ts';
import { type HeadSigner, isSignatureValid } from '../../audit/signed-head.ts';
import { Failure } from '../../errors.ts';

export const MANIFEST_FILE = 'manifest.json';

/** A file of a backup. */
export interface BackedUpFile {
  /** Relative to the backup, with `/` between the parts. */
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** What a backup consists of. Signed with the key of the audit trail. */
export interface BackupManifest {
  readonly v: 1;
  readonly software: string;
  readonly at: string;
  readonly store: 'sqlite' | 'postgres';
  /** Where the audit trail ended: everything that was answered before is in the backup. */
  readonly mark: readonly ChainEnd[];
  /** Whether the keys are in the backup; else they are where `keysFrom` says. */
  readonly hasKeys: boolean;
  readonly keysFrom: string;
  readonly files: readonly BackedUpFile[];
  /** The public key, 32 bytes in base64url. */
  readonly key: string;
}

export type SignedManifest = BackupManifest & { readonly signature: string };

export const signManifest = (signer: HeadSigner, manifest: Omit<BackupManifest, 'key'>): SignedManifest => {
  const complete = { ...manifest, key: signer.publicKey };
  return { ...complete, signature: signer.sign(toTrailJson(complete)) };
};

const CHUNK_BYTES = 1_048_576;

/** Digests a file of any size, in pieces. Throws the system's error. */
export function digestFile(path: string): Pick<BackedUpFile, 'bytes' | 'sha256'> {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const handle = openSync(path, 'r');
  try {
    let bytes = 0;
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) {
      hash.update(chunk.subarray(0, read));
      bytes += read;
    }
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    closeSync(handle);
  }
}

function refuseBackup(at: string, problem: string): never {
  throw new Failure('backup/invalid', `The backup cannot be used: ${problem}.`, {
    at,
    fix: 'Use another backup. Nothing was restored.',
  });
}

/** Reads the manifest of a backup. Throws `backup/invalid` where there is none, or where its signature is not valid. */
export function readManifest(folder: string): SignedManifest {
  const at = join(folder, MANIFEST_FILE);
  let manifest: SignedManifest;
  try {
    manifest = JSON.parse(readFileSync(at, 'utf8')) as SignedManifest;
  } catch {
    return refuseBackup(at, 'there is no manifest, so that it was not completed');
  }
  const { signature, ...rest } = manifest;
  if (!isSignatureValid(toTrailJson(rest), rest.key, signature)) refuseBackup(at, 'its manifest was changed');
  return manifest;
}

/** Checks every file of a backup against its manifest. Throws `backup/invalid`. */
export function verifyFiles(folder: string, { files }: BackupManifest): void {
  for (const { path, bytes, sha256 } of files) {
    const file = join(folder, path);
    let found: Pick<BackedUpFile, 'bytes' | 'sha256'>;
    try {
      found = digestFile(file);
    } catch {
      refuseBackup(file, 'a file is missing');
    }
    if (found.bytes !== bytes || found.sha256 !== sha256) refuseBackup(file, 'a file was changed');
  }
}
