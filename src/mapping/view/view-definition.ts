import { z } from 'zod';
import { Failure } from '../../errors.ts';

/** One column of a view: its name, the FHIRPath of its value, and whether it takes several values. */
export interface ColumnDefinition {
  readonly name: string;
  readonly path: string;
  readonly type?: string | undefined;
  readonly collection?: boolean | undefined;
}

/** One selection: its iteration (`forEach`, `forEachOrNull`, `repeat`, else that of its parent), and its columns. */
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

/** The parts of a ViewDefinition (SQL on FHIR 2.0 and 3.0 ballot) that determine its rows; other elements are kept unchanged. */
export interface ViewDefinition {
  readonly resource: string;
  readonly select: readonly SelectDefinition[];
  readonly name?: string | undefined;
  readonly constant?: readonly ConstantDefinition[] | undefined;
  readonly where?: readonly { readonly path: string }[] | undefined;
  readonly [element: string]: unknown;
}

const VIEW_SPEC = 'SQL on FHIR, ViewDefinition';

/** sql-name: a name that every database accepts without quoting. */
const sqlNameSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a letter, then letters, digits or _');
const pathSchema = z.string().min(1);

/** The fields that every FHIR element may have. */
const elementFields = {
  id: z.string().optional(),
  extension: z.array(z.unknown()).optional(),
  modifierExtension: z.array(z.unknown()).max(0, 'this runner supports no modifier extension').optional(),
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
    ({ forEach, forEachOrNull, repeat }) =>
      [forEach, forEachOrNull, repeat].filter((iteration) => iteration !== undefined).length <= 1,
    'only one of forEach, forEachOrNull and repeat (sql-expressions)',
  )
  .refine(
    ({ column, select, unionAll }) => column ?? select ?? unionAll,
    'one of column, select or unionAll',
  );

const CONSTANT_TYPES = (
  'Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer Integer64 Oid PositiveInt ' +
  'String Time UnsignedInt Uri Url Uuid'
).split(' ');

const constantSchema = z
  .looseObject({ ...elementFields, name: sqlNameSchema })
  .refine((constant) => listConstantTypes(constant).length === 1, 'exactly one value[x] of a primitive type')
  .refine(
    (constant) =>
      Object.keys(constant).every((key) => key in elementFields || key === 'name' || key.startsWith('value')),
    'no elements other than name and value[x]',
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

/** Returns the type and the value of a parsed constant: `{ type: 'Decimal', value }`. */
export function readConstantValue(constant: ConstantDefinition): { type: string; value: unknown } {
  const [type] = listConstantTypes(constant);
  if (type === undefined) throw new Error('A constant without a value was parsed.');
  return { type, value: constant[`value${type}`] };
}

/** Formats a place in a view: `select[0].column[2].path`. */
function formatPlace(steps: readonly PropertyKey[]): string {
  return steps
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step)}`))
    .join('');
}

/** Creates the failure of a view: the problem, its place in the view, and the fix. */
export function createViewFailure(message: string, at: string, fix: string, cause?: unknown): Failure {
  return new Failure(
    'library/invalid',
    message,
    { at, spec: VIEW_SPEC, fix },
    cause === undefined ? {} : { cause },
  );
}

/**
 * Reads parsed JSON as a ViewDefinition. Throws a `library/invalid` Failure at the first fault. Unknown elements in
 * `select`, `column`, `where` and `constant` are faults: a misspelt `forEeach` would otherwise yield wrong rows without
 * an error.
 */
export function parseViewDefinition(tree: unknown): ViewDefinition {
  // Read once: compiled code would not pay.
  const parsed = viewSchema.safeParse(tree, { jitless: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue ? formatPlace(issue.path) : '';
  const fix = `Write the view as the specification defines it: ${issue?.message ?? 'see ViewDefinition'}.`;
  throw createViewFailure('The ViewDefinition is not valid.', at || 'ViewDefinition', fix);
}
