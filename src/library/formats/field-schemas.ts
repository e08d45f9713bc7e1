import { z } from 'zod';

/**
 * The fields from which the formats are built. Every error text is a noun phrase that names the required content of the
 * place (`a text that is not empty`); `parse-definition.ts` makes the problem and its fix from it.
 */

const DECIMAL_PATTERN = /^(0|[1-9]\d*)(\.\d+)?$/;
const TEXT = 'a text that is not empty';
const DECIMAL = 'a decimal in quotes, such as "1.5"';

export const textSchema = z.string(TEXT).regex(/\S/, TEXT).meta({ id: 'text' });

export const decimalSchema = z
  .string(DECIMAL)
  .regex(DECIMAL_PATTERN, DECIMAL)
  .meta({ id: 'decimal', description: 'A decimal in quotes: a JSON number has already lost its digits.' });

/** Defines a text of at most `most` characters: names in SDTM have a limit. */
export function defineShortText(most: number) {
  const expected = `a text of 1 to ${most} characters`;
  return z.string(expected).regex(/\S/, expected).max(most, expected);
}

export const flagSchema = z.boolean('true or false');

/** A remark for the reader of the file. It may be anything, and nothing reads it. */
export const remarkSchema = z.unknown().optional().meta({ description: 'A remark for the reader.' });

/** Defines a whole number of at least `least`. */
export function defineWholeNumber(least: number) {
  const expected = `a whole number of at least ${least}`;
  return z.int(expected).min(least, expected);
}

/** Defines a field that is one of these words. */
export function defineWord<const Word extends string>(words: readonly Word[]) {
  return z.enum(words, `one of ${words.join(', ')}`);
}

/** Defines a list with at least one entry. */
export function defineList<Entry extends z.ZodType>(entry: Entry) {
  const expected = 'a list with at least one entry';
  return z.array(entry, expected).min(1, expected);
}

/** Defines an object with no other keys than these. */
export function defineObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? `one of ${keys}` : `an object with ${keys}`),
  });
}

/** Defines a field that may be left out; it is then null. */
export function defineOptional<Field extends z.ZodType>(field: Field) {
  return field.optional().transform((value) => value ?? null);
}

/** Reports a broken rule: at a place below the value, what is wrong there, and how to correct it. */
export type ReportRuleProblem = (path: readonly PropertyKey[], problem: string, fix: string) => void;

/** Defines a check of a rule that no single field can state. It runs only if every field by itself is right. */
export function defineRule<Value>(check: (value: Value, report: ReportRuleProblem) => void) {
  return (payload: z.core.ParsePayload<Value>): void => {
    check(payload.value, (path, problem, fix) => {
      payload.issues.push({
        code: 'custom',
        input: payload.value,
        path: [...path],
        message: fix,
        params: { problem },
      });
    });
  };
}

/** Defines the rule that exactly one of these keys is present, as a check and as JSON Schema. */
export function defineExactlyOne<Key extends string>(keys: readonly Key[], problem: string) {
  return {
    rule: defineRule<Partial<Record<Key, unknown>>>((value, report) => {
      if (keys.filter((key) => value[key] !== undefined).length !== 1)
        report([], problem, `write either ${keys.map((key) => `"${key}"`).join(' or ')}`);
    }),
    jsonSchema: { oneOf: keys.map((key) => ({ required: [key] })) },
  };
}

const TRUST_LEVELS = ['seen', 'paraphrase', 'own-knowledge', 'own-choice'] as const;

/** Where a rule comes from, and how far its text was seen. */
export const citationSchema = defineObject({
  cite: textSchema,
  trust: defineWord(TRUST_LEVELS).meta({
    description: 'Whether the text was seen in print, seen as a paraphrase, is own knowledge, or own choice.',
  }),
}).meta({ id: 'citation' });

/** Blood counts that rules are written for; counts in 10*9/L, haemoglobin in g/L. */
export const analyteSchema = defineWord(['wbc', 'anc', 'hemoglobin', 'platelets', 'reticulocytes']).meta({
  id: 'analyte',
});

/** The roles of drugs in the trial. */
export const medicationRoleSchema = defineWord([
  'growth-factor',
  'immunosuppressant',
  'anti-infective',
  'other',
]).meta({ id: 'medicationRole' });
