import { Failure } from '../errors.ts';

const MARK = [0xef, 0xbb, 0xbf] as const;

/** The encodings that senders use instead of UTF-8, by their byte order marks; the longer marks first. */
const OTHER_MARKS: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ['UTF-32 (little endian)', [0xff, 0xfe, 0x00, 0x00]],
  ['UTF-32 (big endian)', [0x00, 0x00, 0xfe, 0xff]],
  ['UTF-16 (little endian)', [0xff, 0xfe]],
  ['UTF-16 (big endian)', [0xfe, 0xff]],
];

/** The number of bytes that tell the encoding of a text. */
export const ENCODING_BYTES = 4;

const hasPrefix = (bytes: Uint8Array, mark: readonly number[]): boolean =>
  mark.every((byte, index) => bytes[index] === byte);

/** Whether the bytes begin with the byte order mark of UTF-8. */
export const hasByteOrderMark = (bytes: Uint8Array): boolean => hasPrefix(bytes, MARK);

/**
 * Finds the encoding of a text that is not UTF-8, by its byte order mark, or by the zero bytes of two ASCII characters with
 * which JSON and CSV begin (RFC 4627, section 3). Returns null for any other text.
 */
function findOtherEncoding(bytes: Uint8Array): string | null {
  const marked = OTHER_MARKS.find(([, mark]) => hasPrefix(bytes, mark));
  if (marked) return marked[0];
  if (bytes.length < ENCODING_BYTES || !bytes.subarray(0, ENCODING_BYTES).includes(0)) return null;
  const zeros = [...bytes.subarray(0, ENCODING_BYTES)].map((byte) => (byte === 0 ? '0' : 'x')).join('');
  if (zeros === 'x0x0') return 'UTF-16 (little endian)';
  return zeros === '0x0x' ? 'UTF-16 (big endian)' : null;
}

/** Refuses a text in UTF-16 or UTF-32, by its first bytes; the message names the encoding. */
export function refuseOtherEncoding(bytes: Uint8Array): void {
  const encoding = findOtherEncoding(bytes);
  if (encoding === null) return;
  throw new Failure('fhir/malformed', `The text is encoded as ${encoding}, not as UTF-8.`, {
    spec: 'RFC 8259, section 8.1',
    fix: 'Save or send it as UTF-8.',
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes UTF-8. A byte order mark at the start is skipped, as RFC 8259 (section 8.1) allows: Windows programs write one.
 * Invalid UTF-8 is refused, not repaired: a repaired record is not the record that was sent. UTF-16 and UTF-32 are refused
 * by name.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  refuseOtherEncoding(bytes);
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new Failure('fhir/malformed', 'The body is not valid UTF-8.', { fix: 'Send UTF-8.' }, { cause });
  }
}
