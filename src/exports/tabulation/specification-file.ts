import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';

/** A row of a specification file, with its place for messages, such as `codelists.csv, line 12`. */
export interface SpecificationRow<T> {
  readonly content: T;
  readonly place: string;
}

/** A cell that must not be empty. */
export const requiredCell = z.string().min(1, 'is empty');

/** A cell that may be empty, which reads as null. */
export const optionalCell = z.string().transform((text) => (text === '' ? null : text));

/** `Yes` or `No`. */
export const yesNoCell = z.enum(['Yes', 'No']).transform((word) => word === 'Yes');

/** A number from 1. */
export const ordinalCell = z
  .string()
  .regex(/^[1-9]\d*$/, 'is not a whole number from 1')
  .transform(Number);

/**
 * Builds the error for a fault in a specification. The files are part of the program, so a fault is our own mistake and
 * stops the program when it loads them.
 */
export function createSpecificationError(place: string, problem: string, fix: string): Error {
  return new Error(`${place}: ${problem}. Fix: ${fix}`);
}

const recordsSchema = z.array(
  z.object({ record: z.record(z.string(), z.string()), info: z.object({ lines: z.number() }) }),
);

function parseRecords(file: string): z.infer<typeof recordsSchema> {
  try {
    return recordsSchema.parse(parse(readFileSync(file, 'utf8'), { bom: true, columns: true, info: true }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const place = `${basename(file)}, line ${Number(cause.lines ?? 1)}`;
    throw createSpecificationError(
      place,
      cause.message,
      'write one cell for each column of the header in every row',
    );
  }
}

/**
 * Reads a specification file (CSV with a header) and checks every row against the schema, whose keys are the columns.
 * This is the only module of the exports that reads a file: the specifications are part of the program.
 */
export function readSpecification<T>(file: string, row: z.ZodType<T>): readonly SpecificationRow<T>[] {
  return parseRecords(file).map(({ record, info }) => {
    const place = `${basename(file)}, line ${info.lines}`;
    const parsed = row.safeParse(record);
    if (parsed.success) return { content: parsed.data, place };
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('/')}: ${message}`);
    throw createSpecificationError(place, problems.join('; '), 'correct these cells');
  });
}
