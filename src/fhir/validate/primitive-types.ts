import { countDaysInMonth } from '../datetime.ts';
import { isWireNumber, readDigits } from '../lossless-json.ts';
import { RESOURCE_ID_PATTERN } from '../resource-types.ts';

// Every pattern here runs in linear time: no repetition is nested in another.
const DATE_PATTERN = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/;
const TIME_PATTERN = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?$/;
const ZONE_PATTERN = /(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)$/;
const BASE64_PATTERN = /^[A-Za-z0-9+/=\s]+$/;

/** Whether the text is an existing calendar day, month or year (FHIR R4 datatypes, date). 2026-02-30 is not. */
export function isDate(text: string): boolean {
  const match = DATE_PATTERN.exec(text);
  if (!match) return false;
  const [, year, month, day] = match;
  if (year === '0000') return false;
  if (month === undefined) return true;
  if (month < '01' || month > '12') return false;
  return day === undefined || (day >= '01' && Number(day) <= countDaysInMonth(Number(year), Number(month)));
}

/** Most instants: those of a day that every month has. */
const USUAL_INSTANT =
  /^[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)$/;

/** Whether the text is a full day, a time with seconds and a time zone (FHIR R4 datatypes, instant). */
function isInstant(text: string): boolean {
  if (USUAL_INSTANT.test(text)) return true;
  if (text[10] !== 'T' || !isDate(text.slice(0, 10))) return false;
  const zone = ZONE_PATTERN.exec(text);
  return zone !== null && TIME_PATTERN.test(text.slice(11, zone.index));
}

/** Whether the text is a date, or a day with time and zone (FHIR R4 datatypes, dateTime). */
export function isDateTime(text: string): boolean {
  return text.includes('T') ? isInstant(text) : isDate(text);
}

function isWithoutSpace(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Unicode has white space outside ASCII, which only the regular expression knows.
    if (code <= 0x20 || code > 0x7e) return !/\s/.test(text);
  }
  return true;
}

function isCode(text: string): boolean {
  return isWithoutSpace(text) || (text.trim() === text && !/\s\s/.test(text));
}

function isBase64(text: string): boolean {
  return BASE64_PATTERN.test(text) && text.replace(/\s/g, '').length % 4 === 0;
}

/** Whether the value is a whole number of 32 bits, and at least `min`. */
function isWholeNumber(value: unknown, min: number): boolean {
  const text = readDigits(value);
  return text !== null && /^-?\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= 2_147_483_647;
}

/** A FHIR primitive type: the test of a value, and a description of what is expected, which never shows the sent value. */
interface PrimitiveType {
  readonly isValid: (value: unknown) => boolean;
  readonly expected: string;
}

function describeText(isValid: (value: string) => boolean, expected: string): PrimitiveType {
  return { isValid: (value) => typeof value === 'string' && isValid(value), expected };
}

const acceptAnyText = () => true;

/** The FHIR primitive types that the checked resources use, by name (FHIR R4 datatypes). */
export const PRIMITIVE_TYPES: ReadonlyMap<string, PrimitiveType> = new Map([
  ['string', describeText(acceptAnyText, 'a JSON string')],
  ['markdown', describeText(acceptAnyText, 'a JSON string')],
  [
    'xhtml',
    describeText((value) => value.trimStart().startsWith('<div'), 'a string of XHTML that starts with <div'),
  ],
  [
    'code',
    describeText(isCode, 'a code: a string without spaces at either end and without two spaces in a row'),
  ],
  [
    'id',
    describeText((value) => RESOURCE_ID_PATTERN.test(value), 'an id: 1 to 64 of A-Z, a-z, 0-9, "-" and "."'),
  ],
  ['uri', describeText(isWithoutSpace, 'a URI without white space')],
  ['url', describeText(isWithoutSpace, 'a URL without white space')],
  ['canonical', describeText(isWithoutSpace, 'a canonical URL without white space')],
  ['base64Binary', describeText(isBase64, 'base64 text with a length that is a multiple of four')],
  ['date', describeText(isDate, 'a date that exists: YYYY, YYYY-MM or YYYY-MM-DD')],
  [
    'dateTime',
    describeText(isDateTime, 'a date that exists, or YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm)'),
  ],
  ['instant', describeText(isInstant, 'YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm)')],
  ['time', describeText((value) => TIME_PATTERN.test(value), 'a time hh:mm:ss without a time zone')],
  ['boolean', { isValid: (value) => typeof value === 'boolean', expected: 'true or false, without quotes' }],
  ['decimal', { isValid: isWireNumber, expected: 'a JSON number, without quotes' }],
  [
    'integer',
    { isValid: (value) => isWholeNumber(value, -2_147_483_648), expected: 'a whole number of 32 bits' },
  ],
  ['unsignedInt', { isValid: (value) => isWholeNumber(value, 0), expected: 'a whole number, 0 or more' }],
  ['positiveInt', { isValid: (value) => isWholeNumber(value, 1), expected: 'a whole number, 1 or more' }],
]);

/** Describes a code with a required binding (FHIR R4 terminologies). */
export function describeCode(codes: readonly string[]): PrimitiveType {
  const allowed = new Set(codes);
  return describeText((value) => allowed.has(value), `one of ${codes.join(', ')}`);
}
