import { z } from 'zod';

/** The discriminator of a slice: the pattern at `path` (`$this` for the item itself), or the type of a choice. */
const SliceMatchSchema = z.strictObject({
  path: z.string(),
  pattern: z.unknown().optional(),
  type: z.string().optional(),
});

const InvariantSchema = z.strictObject({ key: z.string(), expression: z.string(), human: z.string() });

const ElementFieldsSchema = z.strictObject({
  /** The element's name; a choice keeps its `[x]`. */
  name: z.string(),
  slice: z.strictObject({ name: z.string(), match: z.array(SliceMatchSchema) }).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  types: z.array(z.string()).optional(),
  pattern: z.unknown().optional(),
  /** The canonical of a value set in `codes`. */
  codes: z.string().optional(),
  /** The resource types that a reference may refer to. */
  targets: z.array(z.string()).optional(),
  rules: z.array(InvariantSchema).optional(),
});

/** The rules of a profile for one element and its children. A field without a rule is absent. */
export type ProfileElement = z.infer<typeof ElementFieldsSchema> & {
  readonly children?: readonly ProfileElement[] | undefined;
};

const ProfileElementSchema: z.ZodType<ProfileElement> = ElementFieldsSchema.extend({
  get children() {
    return z.array(ProfileElementSchema).optional();
  },
});

const ProfileRulesSchema = z.strictObject({
  /** The rules for every resource of a type, by type. */
  types: z.record(z.string(), ProfileElementSchema),
  /** The rules for a resource that claims a profile, by canonical. */
  profiles: z.record(z.string(), ProfileElementSchema),
  /** The codes of each value set, by canonical and code system. */
  codes: z.record(z.string(), z.record(z.string(), z.array(z.string()))),
});

/** The inbound profiles, compiled at build time to the rules that are checked. */
export type ProfileRules = z.infer<typeof ProfileRulesSchema>;

/** Parses the compiled rules, which the build generates. For invalid rules, returns the place (`at`) and the problem. */
export function parseProfileRules(json: unknown): { rules: ProfileRules } | { at: string; message: string } {
  // Read once: compiled code would not pay.
  const parsed = ProfileRulesSchema.safeParse(json, { jitless: true });
  if (parsed.success) return { rules: parsed.data };
  const [issue] = parsed.error.issues;
  return { at: issue?.path.join('/') ?? '', message: issue?.message ?? 'cannot be read' };
}

/** Reads an own property. The key may be the sender's text, which must not reach inherited properties. */
export function readOwnProperty<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
