import { z } from 'zod';
import { Failure } from '../../errors.ts';

/** One column of a view: a name, the FHIRPath of its value, and whether it takes many values. */
export interface Column {
  readonly name: string;
  readonly path: string;
  readonly type?: string | undefined;
  readonly collection?: boolean | undefined;
}

/** One selection: where to stand (`forEach`, `forEachOrNull`, `repeat`, else where the parent stands) and what to take. */
export interface Select {
  readonly column?: readonly Column[] | undefined;
  readonly select?: readonly Select[] | undefined;
  readonly unionAll?: readonly Select[] | undefined;
  readonly forEach?: string | undefined;
  readonly forEachOrNull?: string | undefined;
  readonly repeat?: readonly string[] | undefined;
}

/** A named value for use in paths as `%name`; exactly one `value[x]`. */
export interface Constant {
  readonly name: string;
  readonly [element: string]: unknown;
}

/** The parts of a ViewDefinition (SQL on FHIR 2.0 and 3.0 ballot) that decide rows; what else it holds is kept as it is. */
export interface ViewDefinition {
  readonly resource: string;
  readonly select: readonly Select[];
  readonly name?: string | undefined;
  readonly constant?: readonly Constant[] | undefined;
  readonly where?: readonly { readonly path: string }[] | undefined;
  readonly [element: string]: unknown;
}

const SPEC = 'SQL on FHIR, ViewDefinition';

/** sql-name: a name that every database takes as it is. */
const sqlName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a letter, then letters, digits or _');
const path = z.string().min(1);

/** What every FHIR element may carry besides its own fields. */
const element = {
  id: z.string().optional(),
  extension: z.array(z.unknown()).optional(),
  modifierExtension: z.array(z.unknown()).max(0, 'this runner knows no modifier extension').optional(),
  description: z.string().optional(),
};

const columnSchema = z.strictObject({
  ...element,
  name: sqlName,
  path,
  type: z.string().optional(),
  collection: z.boolean().optional(),
  tag: z.array(z.unknown()).optional(),
});

const selectSchema: z.ZodType<Select> = z
  .strictObject({
    ...element,
    column: z.array(columnSchema).optional(),
    forEach: path.optional(),
    forEachOrNull: path.optional(),
    repeat: z.array(path).min(1).optional(),
    get select() {
      return z.array(selectSchema).optional();
    },
    get unionAll() {
      return z.array(selectSchema).min(1).optional();
    },
  })
  .refine(
    (s) => [s.forEach, s.forEachOrNull, s.repeat].filter((x) => x !== undefined).length <= 1,
    'only one of forEach, forEachOrNull and repeat (sql-expressions)',
  )
  .refine((s) => s.column ?? s.select ?? s.unionAll, 'one of column, select or unionAll');

const CONSTANT_TYPES = (
  'Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer Integer64 Oid PositiveInt ' +
  'String Time UnsignedInt Uri Url Uuid'
).split(' ');

const constantSchema = z
  .looseObject({ ...element, name: sqlName })
  .refine((c) => constantTypes(c).length === 1, 'exactly one value[x] of a primitive type')
  .refine(
    (c) => Object.keys(c).every((key) => key in element || key === 'name' || key.startsWith('value')),
    'no elements but name and value[x]',
  );

const viewSchema: z.ZodType<ViewDefinition> = z.looseObject({
  resource: z.string().min(1),
  name: sqlName.optional(),
  select: z.array(selectSchema).min(1),
  constant: z.array(constantSchema).optional(),
  where: z
    .array(z.strictObject({ ...element, path }))
    .max(100)
    .optional(),
});

function constantTypes(constant: Record<string, unknown>): string[] {
  return CONSTANT_TYPES.filter((type) => constant[`value${type}`] !== undefined);
}

/** The type and the value of a constant that has been read: `{ type: 'Decimal', value }`. */
export function constantValue(constant: Constant): { type: string; value: unknown } {
  const [type] = constantTypes(constant);
  if (type === undefined) throw new Error('A constant without a value passed the reader.');
  return { type, value: constant[`value${type}`] };
}

/** A place in a view as its author finds it: `select[0].column[2].path`. */
export function placeOf(steps: readonly PropertyKey[]): string {
  return steps.map((s, i) => (typeof s === 'number' ? `[${s}]` : `${i > 0 ? '.' : ''}${String(s)}`)).join('');
}

/** The refusal of a view: what is wrong, at which place of the view, and what to do. */
export function invalidView(message: string, at: string, fix: string, cause?: unknown): Failure {
  return new Failure(
    'library/invalid',
    message,
    { at, spec: SPEC, fix },
    cause === undefined ? {} : { cause },
  );
}

/**
 * Parsed JSON as a ViewDefinition. Throws a `library/invalid` Failure at the first fault. Elements that the
 * specification does not have in `select`, `column`, `where` and `constant` are faults: a misspelt `forEeach` would
 * otherwise give wrong rows without a word.
 */
export function readView(tree: unknown): ViewDefinition {
  const read = viewSchema.safeParse(tree);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const at = issue ? placeOf(issue.path) : '';
  const fix = `Write the view as the specification has it: ${issue?.message ?? 'see there'}.`;
  throw invalidView('The ViewDefinition is not valid.', at || 'ViewDefinition', fix);
}
