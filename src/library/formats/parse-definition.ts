import type { z } from 'zod';

/** A problem in a definition file: its place (`file#/json/pointer`), the message, and how to correct it. */
export interface DefinitionProblem {
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

/** A checked definition, or everything that is wrong with it: never both, and never an exception. */
export type ParseResult<T> = { readonly value: T } | { readonly problems: readonly DefinitionProblem[] };

/** A format, and the keys by which an option of its undiscriminated union is recognised, in the options' order. */
interface DefinitionFormat<T> {
  readonly schema: z.ZodType<T>;
  readonly unionHeads?: readonly string[];
}

type Issue = z.core.$ZodIssue;

const isObject = (value: unknown): value is Readonly<Record<PropertyKey, unknown>> =>
  typeof value === 'object' && value !== null;

function quoteValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function selectAtPath(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, key) => (isObject(value) ? value[key] : undefined), json);
}

/** Selects the issues of the union's option whose key heads the value; undefined where none does. */
function selectOptionIssues(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  value: unknown,
  unionHeads: readonly string[],
): readonly Issue[] | undefined {
  const option = unionHeads.findIndex((head) => isObject(value) && head in value);
  return issue.errors[option];
}

/**
 * Turns the issues of zod into problems. By the convention of `field-schemas.ts` an issue's message is a noun phrase
 * for the required content; for a rule of our own (`custom`) it is the fix, and `params.problem` is the problem.
 */
function listProblems(
  issue: Issue,
  json: unknown,
  unionHeads: readonly string[],
): readonly DefinitionProblem[] {
  const { path, message: expected } = issue;
  const value = selectAtPath(json, path);
  const at = path.map((key) => `/${String(key)}`).join('');
  if (issue.code === 'custom')
    return [{ at, message: String(issue.params?.problem ?? 'breaks a rule'), fix: expected }];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      at: `${at}/${key}`,
      message: `unknown key ${key}`,
      fix: `use ${expected}`,
    }));
  if (issue.code === 'invalid_union') {
    const optionIssues = selectOptionIssues(issue, value, unionHeads);
    const located = optionIssues?.map((other) => ({ ...other, path: [...path, ...other.path] }));
    if (located) return located.flatMap((other) => listProblems(other, json, unionHeads));
  }
  const key = path.at(-1);
  if (value === undefined && key !== undefined) {
    const parent = path.slice(0, -1).map((part) => `/${String(part)}`);
    return [
      {
        at: parent.join(''),
        message: `${String(key)} is missing`,
        fix: `add "${String(key)}": ${expected}`,
      },
    ];
  }
  return [{ at, message: `${quoteValue(value)} is not ${expected}`, fix: `write ${expected}` }];
}

/**
 * Checks a definition file against its format. Returns the definition as the engine reads it, or every problem with its
 * JSON pointer; rules between places are checked only once every place by itself is right.
 */
export function parseDefinition<T>(
  { schema, unionHeads = [] }: DefinitionFormat<T>,
  json: unknown,
  file: string,
): ParseResult<T> {
  // `jitless`: compiling a schema to code takes longer than the few parses of a start.
  const parsed = schema.safeParse(json, { jitless: true });
  if (parsed.success) return { value: parsed.data };
  const problems = parsed.error.issues.flatMap((issue) => listProblems(issue, json, unionHeads));
  return { problems: problems.map((problem) => ({ ...problem, at: `${file}#${problem.at}` })) };
}
