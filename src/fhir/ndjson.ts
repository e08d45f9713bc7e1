import { ENCODING_BYTES, hasByteOrderMark, refuseOtherEncoding } from './decode-text.ts';

/** One line of NDJSON. */
export interface NdjsonLine {
  /** Counted from 1, blank lines included. */
  readonly number: number;
  /** null where the line is longer than the limit: its content is not kept. */
  readonly bytes: Uint8Array | null;
  /** The bytes of the stream up to the end of the line, its line feed included. */
  readonly end: number;
}

/** A place between two lines of a stream: the lines before it, blank ones included, and their bytes. */
export interface StreamPlace {
  readonly lines: number;
  readonly bytes: number;
}

const STREAM_START: StreamPlace = { lines: 0, bytes: 0 };

const LINE_FEED = 0x0a;

/** The part of an incomplete line that has been read so far, up to the limit. */
interface PartialLine {
  readonly pieces: Uint8Array[];
  length: number;
}

function appendPiece(partial: PartialLine, piece: Uint8Array, limit: number): void {
  partial.length += piece.length;
  if (partial.length > limit) partial.pieces.length = 0;
  else if (piece.length > 0) partial.pieces.push(piece);
}

function finishLine(partial: PartialLine, limit: number): Uint8Array | null {
  const bytes = partial.length > limit ? null : concatBytes(partial.pieces);
  partial.pieces.length = 0;
  partial.length = 0;
  return bytes;
}

function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first) return first;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** Whether the line has only spaces, tabs and carriage returns; a byte order mark before them does not count. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes
    .subarray(hasByteOrderMark(bytes) ? 3 : 0)
    .every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Passes the chunks on; throws where their first bytes are those of UTF-16 or UTF-32, in which lines end otherwise. */
async function* requireUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const head: number[] = [];
  for await (const chunk of chunks) {
    if (head.length < ENCODING_BYTES) {
      head.push(...chunk.subarray(0, ENCODING_BYTES - head.length));
      refuseOtherEncoding(Uint8Array.from(head));
    }
    yield chunk;
  }
}

/**
 * Reads the lines of a byte stream, without blank lines. Keeps at most one chunk and one line of `limit` bytes in memory.
 * A last line without a line feed counts. `start`: the place of the first chunk in the stream. Throws a `fhir/malformed` Failure
 * for a stream in UTF-16 or UTF-32. Source: FHIR Bulk Data NDJSON; a line ends with LF or CR LF.
 */
export async function* readNdjsonLines(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  start: StreamPlace = STREAM_START,
): AsyncGenerator<NdjsonLine> {
  const partial: PartialLine = { pieces: [], length: 0 };
  let number = start.lines;
  /** The bytes before the chunk. */
  let before = start.bytes;
  for await (const chunk of requireUtf8(chunks)) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, from);
      if (end < 0) break;
      appendPiece(partial, chunk.subarray(from, end), limit);
      const bytes = finishLine(partial, limit);
      number += 1;
      if (bytes === null || !isBlank(bytes)) yield { number, bytes, end: before + end + 1 };
      from = end + 1;
    }
    appendPiece(partial, chunk.subarray(from), limit);
    before += chunk.length;
  }
  const bytes = finishLine(partial, limit);
  if (bytes === null || !isBlank(bytes)) yield { number: number + 1, bytes, end: before };
}
