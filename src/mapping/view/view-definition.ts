import { z } from 'zod';
import { Failure } from '../../errors.ts';

/** One column of a view: a name, the FHIRPath of its value, and whether it takes many values. */
export interface ColumnDefinition {
  readonly name: string;
  readonly path: string;
  readonly type?: string | undefined;
  readonly collection?: boolean | undefined;
}

/** One selection: where to stand (`forEach`, `forEachOrNull`, `repeat`, else where the parent stands) and what to take. */
export interface SelectDefinition {
  readonly column?: readonly ColumnDefinition[] | undefined;
  readonly select?: readonly SelectDefinition[] | undefined;
  readonly unionAll?: readonly SelectDefinition[] | undefined;
  readonly forEach?: string | undefined;
  readonly forEachOrNull?: string | undefined;
  readonly repeat?: readonly string[] | undefined;
}

/** A named value for use in paths as `%name`; exactly one `value[x]`. */
export interface ConstantDefinition {
  readonly name: string;
  readonly [element: string]: unknown;
}

/** The parts of a ViewDefinition (SQL on FHIR 2.0 and 3.0 ballot) that decide rows; what else it holds is kept as it is. */
export interface ViewDefinition {
  readonly resource: string;
  readonly select: readonly SelectDefinition[];
  readonly name?: string | undefined;
  readonly constant?: readonly ConstantDefinition[] | undefined;
  readonly where?: readonly { readonly path: string }[] | undefined;
  readonly [element: string]: unknown;
}

const VIEW_SPEC = 'SQL on FHIR, ViewDefinition';

/** sql-name: a name that every database takes as it is. */
const sqlNameSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a letter, then letters, digits or _');
const pathSchema = z.string().min(1);

/** What every FHIR element may carry besides its own fields. */
const elementFields = {
  id: z.string().optional(),
  extension: z.array(z.unknown()).optional(),
  modifierExtension: z.array(z.unknown()).max(0, 'this runner knows no modifier extension').optional(),
  description: z.string().optional(),
};

const columnSchema = z.strictObject({
  ...elementFields,
  name: sqlNameSchema,
  path: pathSchema,
  type: z.string().optional(),
  collection: z.boolean().optional(),
  tag: z.array(z.unknown()).optional(),
});

const selectSchema: z.ZodType<SelectDefinition> = z
  .strictObject({
    ...elementFields,
    column: z.array(columnSchema).optional(),
    forEach: pathSchema.optional(),
    forEachOrNull: pathSchema.optional(),
    repeat: z.array(pathSchema).min(1).optional(),
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
  .looseObject({ ...elementFields, name: sqlNameSchema })
  .refine((c) => listConstantTypes(c).length === 1, 'exactly one value[x] of a primitive type')
  .refine(
    (c) => Object.keys(c).every((key) => key in elementFields || key === 'name' || key.startsWith('value')),
    'no elements but name and value[x]',
  );

const viewSchema: z.ZodType<ViewDefinition> = z.looseObject({
  resource: z.string().min(1),
  name: sqlNameSchema.optional(),
  select: z.array(selectSchema).min(1),
  constant: z.array(constantSchema).optional(),
  where: z
    .array(z.strictObject({ ...elementFields, path: pathSchema }))
    .max(100)
    .optional(),
});

function listConstantTypes(constant: Record<string, unknown>): string[] {
  return CONSTANT_TYPES.filter((type) => constant[`value${type}`] !== undefined);
}

/** The type and the value of a constant that has been read: `{ type: 'Decimal', value }`. */
export function readConstantValue(constant: ConstantDefinition): { type: string; value: unknown } {
  const [type] = listConstantTypes(constant);
  if (type === undefined) throw new Error('A constant without a value passed the reader.');
  return { type, value: constant[`value${type}`] };
}

/** A place in a view as its author finds it: `select[0].column[2].path`. */
export function formatPlace(steps: readonly PropertyKey[]): string {
  return steps.map((s, i) => (typeof s === 'number' ? `[${s}]` : `${i > 0 ? '.' : ''}${String(s)}`)).join('');
}

/** The refusal of a view: what is wrong, at which place of the view, and what to do. */
export function createViewFailure(message: string, at: string, fix: string, cause?: unknown): Failure {
  return new Failure(
    'library/invalid',
    message,
    { at, spec: VIEW_SPEC, fix },
    cause === undefined ? {} : { cause },
  );
}

/**
 * Parsed JSON as a ViewDefinition. Throws a `library/invalid` Failure at the first fault. Elements that the
 * specification does not have in `select`, `column`, `where` and `constant` are faults: a misspelt `forEeach` would
 * otherwise give wrong rows without a word.
 */
export function parseViewDefinition(tree: unknown): ViewDefinition {
  const read = viewSchema.safeParse(tree);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const at = issue ? formatPlace(issue.path) : '';
  const fix = `Write the view as the specification has it: ${issue?.message ?? 'see there'}.`;
  throw createViewFailure('The ViewDefinition is not valid.', at || 'ViewDefinition', fix);
}
