import { createDecipheriv } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

/*
 * What somebody reads who has the files of a store and its key: every page of the database and of its log, free ones too, past
 * SQLite. Pages as SQLite3 Multiple Ciphers encrypts them (cipher "chacha20"): the last 32 bytes are nonce and tag; page 1 has 24
 * bytes in clear.
 */

const RESERVED_BYTES = 32;
const NONCE_BYTES = 16;
const CLEAR_BYTES_OF_PAGE_1 = 24;
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** ChaCha20 (RFC 8439) with a counter of 32 bits. */
function runChaCha20(key: Buffer, nonce: Buffer, counter: number, bytes: Buffer): Buffer {
  const iv = Buffer.alloc(16);
  iv.writeUInt32LE(counter >>> 0, 0);
  nonce.copy(iv, 4, 0, 12);
  return createDecipheriv('chacha20', key, iv).update(bytes);
}

function decryptPage(page: Buffer, number: number, key: Buffer): Buffer {
  const nonce = page.subarray(page.length - RESERVED_BYTES, page.length - RESERVED_BYTES + NONCE_BYTES);
  const counter = (nonce.readUInt32LE(12) ^ number) >>> 0;
  const pageKey = runChaCha20(key, nonce, counter, Buffer.alloc(64)).subarray(32);
  const start = number === 1 ? CLEAR_BYTES_OF_PAGE_1 : 0;
  return runChaCha20(pageKey, nonce, counter + 1, page.subarray(start, page.length - RESERVED_BYTES));
}

function readDatabasePages(file: string, key: Buffer): readonly Buffer[] {
  const bytes = readFileSync(file);
  const pageBytes = bytes.readUInt16BE(16);
  return Array.from({ length: Math.floor(bytes.length / pageBytes) }, (_, index) =>
    decryptPage(bytes.subarray(index * pageBytes, (index + 1) * pageBytes), index + 1, key),
  );
}

function readLogPages(file: string, key: Buffer): readonly Buffer[] {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (bytes.length < LOG_HEADER_BYTES) return [];
  const pageBytes = bytes.readUInt32BE(8);
  const pages: Buffer[] = [];
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  for (let at = LOG_HEADER_BYTES; at + frameBytes <= bytes.length; at += frameBytes)
    pages.push(
      decryptPage(bytes.subarray(at + FRAME_HEADER_BYTES, at + frameBytes), bytes.readUInt32BE(at), key),
    );
  return pages;
}

/** Reads every page of the database and its log, decrypted, one after the other. `key`: that of the database file. */
export const readCarvedPages = (file: string, key: Buffer): Buffer =>
  Buffer.concat([...readDatabasePages(file, key), ...readLogPages(`${file}-wal`, key)]);
