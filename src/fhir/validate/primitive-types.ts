import { z } from 'zod';
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

/** Whether the text is a full day, a time with seconds and a time zone (FHIR R4 datatypes, instant). */
function isInstant(text: string): boolean {
  if (text[10] !== 'T' || !isDate(text.slice(0, 10))) return false;
  const zone = ZONE_PATTERN.exec(text);
  return zone !== null && TIME_PATTERN.test(text.slice(11, zone.index));
}

/** Whether the text is a date, or a day with time and zone (FHIR R4 datatypes, dateTime). */
export function isDateTime(text: string): boolean {
  return text.includes('T') ? isInstant(text) : isDate(text);
}

function isCode(text: string): boolean {
  return text.trim() === text && !/\s\s/.test(text);
}

function isBase64(text: string): boolean {
  return BASE64_PATTERN.test(text) && text.replace(/\s/g, '').length % 4 === 0;
}

/** Whether the value is a whole number of 32 bits, and at least `min`. */
function isWholeNumber(value: unknown, min: number): boolean {
  const text = readDigits(value);
  return text !== null && /^-?\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= 2_147_483_647;
}

/** Creates a schema from a test and a description of the expected value. Its message never shows the sent value. */
function createPrimitiveSchema(isValid: (value: unknown) => boolean, expected: string): z.ZodType {
  return z.custom<unknown>(isValid, { error: `expected ${expected}` });
}

function createTextSchema(isValid: (value: string) => boolean, expected: string): z.ZodType {
  return createPrimitiveSchema((value) => typeof value === 'string' && isValid(value), expected);
}

const acceptAnyText = () => true;

/** The schemas of the FHIR primitive types that the checked resources use, by name (FHIR R4 datatypes). */
export const PRIMITIVE_SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map([
  ['string', createTextSchema(acceptAnyText, 'a JSON string')],
  ['markdown', createTextSchema(acceptAnyText, 'a JSON string')],
  [
    'xhtml',
    createTextSchema(
      (value) => value.trimStart().startsWith('<div'),
      'a string of XHTML that starts with <div',
    ),
  ],
  [
    'code',
    createTextSchema(isCode, 'a code: a string without spaces at either end and without two spaces in a row'),
  ],
  [
    'id',
    createTextSchema(
      (value) => RESOURCE_ID_PATTERN.test(value),
      'an id: 1 to 64 of A-Z, a-z, 0-9, "-" and "."',
    ),
  ],
  ['uri', createTextSchema((value) => !/\s/.test(value), 'a URI without white space')],
  ['url', createTextSchema((value) => !/\s/.test(value), 'a URL without white space')],
  ['canonical', createTextSchema((value) => !/\s/.test(value), 'a canonical URL without white space')],
  ['base64Binary', createTextSchema(isBase64, 'base64 text with a length that is a multiple of four')],
  ['date', createTextSchema(isDate, 'a date that exists: YYYY, YYYY-MM or YYYY-MM-DD')],
  [
    'dateTime',
    createTextSchema(isDateTime, 'a date that exists, or YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm)'),
  ],
  ['instant', createTextSchema(isInstant, 'YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm)')],
  ['time', createTextSchema((value) => TIME_PATTERN.test(value), 'a time hh:mm:ss without a time zone')],
  ['boolean', createPrimitiveSchema((value) => typeof value === 'boolean', 'true or false, without quotes')],
  ['decimal', createPrimitiveSchema(isWireNumber, 'a JSON number, without quotes')],
  [
    'integer',
    createPrimitiveSchema((value) => isWholeNumber(value, -2_147_483_648), 'a whole number of 32 bits'),
  ],
  ['unsignedInt', createPrimitiveSchema((value) => isWholeNumber(value, 0), 'a whole number, 0 or more')],
  ['positiveInt', createPrimitiveSchema((value) => isWholeNumber(value, 1), 'a whole number, 1 or more')],
]);

/** Creates the schema of a code with a required binding (FHIR R4 terminologies). */
export function createCodeSchema(codes: readonly string[]): z.ZodType {
  const allowed = new Set(codes);
  return createTextSchema((value) => allowed.has(value), `one of ${codes.join(', ')}`);
}
