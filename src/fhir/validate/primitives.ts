import { z } from 'zod';
import { digits, isWireNumber } from '../json.ts';
import { ID_PATTERN } from '../resource-types.ts';

// Every pattern here runs in linear time: no repeat stands inside another.
const DATE = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?$/;
const ZONE = /(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)$/;
const BASE64 = /^[A-Za-z0-9+/=\s]+$/;

/** Whether the text is a calendar day, month or year that exists (FHIR R4 datatypes, date): 2026-02-30 is not. */
export function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (!match) return false;
  const [, year, month, day] = match;
  if (year === '0000') return false;
  if (month === undefined) return true;
  if (month < '01' || month > '12') return false;
  return day === undefined || (day >= '01' && Number(day) <= daysIn(Number(year), Number(month)));
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Whether the text is a full day, a time with seconds and a time zone (FHIR R4 datatypes, instant). */
export function isInstant(text: string): boolean {
  if (text[10] !== 'T' || !isDate(text.slice(0, 10))) return false;
  const zone = ZONE.exec(text);
  return zone !== null && TIME.test(text.slice(11, zone.index));
}

/** Whether the text is a date, or a day with time and zone (FHIR R4 datatypes, dateTime). */
export function isDateTime(text: string): boolean {
  return text.includes('T') ? isInstant(text) : isDate(text);
}

function isCode(text: string): boolean {
  return text.trim() === text && !/\s\s/.test(text);
}

function isBase64(text: string): boolean {
  return BASE64.test(text) && text.replace(/\s/g, '').length % 4 === 0;
}

function isWholeNumber(value: unknown, from: number): boolean {
  const text = digits(value);
  return text !== null && /^-?\d{1,10}$/.test(text) && Number(text) >= from && Number(text) <= 2_147_483_647;
}

/** A schema of a test and the sentence that says what was expected; the sentence never shows what was sent. */
function primitive(test: (value: unknown) => boolean, expected: string): z.ZodType {
  return z.custom<unknown>(test, { error: `expected ${expected}` });
}

function text(test: (value: string) => boolean, expected: string): z.ZodType {
  return primitive((value) => typeof value === 'string' && test(value), expected);
}

const anyText = () => true;

/** The FHIR primitive types that the checked resources use, by name (FHIR R4 datatypes). */
export const PRIMITIVES: ReadonlyMap<string, z.ZodType> = new Map([
  ['string', text(anyText, 'a JSON string')],
  ['markdown', text(anyText, 'a JSON string')],
  ['xhtml', text((value) => value.trimStart().startsWith('<div'), 'a string of XHTML that starts with <div')],
  ['code', text(isCode, 'a code: a string without space at either end or two spaces in a row')],
  ['id', text((value) => ID_PATTERN.test(value), 'an id: 1 to 64 of A-Z, a-z, 0-9, "-" and "."')],
  ['uri', text((value) => !/\s/.test(value), 'a URI without white space')],
  ['url', text((value) => !/\s/.test(value), 'a URL without white space')],
  ['canonical', text((value) => !/\s/.test(value), 'a canonical URL without white space')],
  ['base64Binary', text(isBase64, 'base64 text whose length is a multiple of four')],
  ['date', text(isDate, 'a date that exists: YYYY, YYYY-MM or YYYY-MM-DD')],
  ['dateTime', text(isDateTime, 'a date that exists, or YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm)')],
  ['instant', text(isInstant, 'YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm)')],
  ['time', text((value) => TIME.test(value), 'a time hh:mm:ss without a time zone')],
  ['boolean', primitive((value) => typeof value === 'boolean', 'true or false, without quotes')],
  ['decimal', primitive(isWireNumber, 'a JSON number, without quotes')],
  ['integer', primitive((value) => isWholeNumber(value, -2_147_483_648), 'a whole number of 32 bits')],
  ['unsignedInt', primitive((value) => isWholeNumber(value, 0), 'a whole number, 0 or more')],
  ['positiveInt', primitive((value) => isWholeNumber(value, 1), 'a whole number, 1 or more')],
]);

/** A code out of a required list (FHIR R4 terminologies, binding strength required). */
export function codeOf(codes: readonly string[]): z.ZodType {
  const known = new Set(codes);
  return text((value) => known.has(value), `one of ${codes.join(', ')}`);
}
