import { z } from 'zod';

/** How a slice is told from its neighbours: what stands at `path` (`$this`: the item itself), or the type sent. */
const SliceMatchSchema = z.strictObject({
  path: z.string(),
  pattern: z.unknown().optional(),
  type: z.string().optional(),
});

const InvariantSchema = z.strictObject({ key: z.string(), expression: z.string(), human: z.string() });

const ElementFieldsSchema = z.strictObject({
  /** Name of the element in its parent; a choice keeps its `[x]`. */
  name: z.string(),
  slice: z.strictObject({ name: z.string(), match: z.array(SliceMatchSchema) }).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  types: z.array(z.string()).optional(),
  pattern: z.unknown().optional(),
  /** Canonical of a value set in `codes`. */
  codes: z.string().optional(),
  /** Resource types that a reference may point at. */
  targets: z.array(z.string()).optional(),
  rules: z.array(InvariantSchema).optional(),
});

/** What a profile asks of one element, and of what is below it; what it does not say is left out. */
export type ProfileElement = z.infer<typeof ElementFieldsSchema> & {
  readonly children?: readonly ProfileElement[] | undefined;
};

const ProfileElementSchema: z.ZodType<ProfileElement> = ElementFieldsSchema.extend({
  get children() {
    return z.array(ProfileElementSchema).optional();
  },
});

const ProfileRulesSchema = z.strictObject({
  /** What is asked of every resource of a type, by type. */
  types: z.record(z.string(), ProfileElementSchema),
  /** What is asked of a resource that claims a profile, by canonical. */
  profiles: z.record(z.string(), ProfileElementSchema),
  /** The codes of each value set, by canonical and code system. */
  codes: z.record(z.string(), z.record(z.string(), z.array(z.string()))),
});

/** The inbound profiles, compiled at build time to what is to be checked. */
export type ProfileRules = z.infer<typeof ProfileRulesSchema>;

/** Reads the compiled rules; the message says where they are wrong. They are made by the build, never by hand. */
export function parseProfileRules(json: unknown): { rules: ProfileRules } | { at: string; message: string } {
  const read = ProfileRulesSchema.safeParse(json);
  if (read.success) return { rules: read.data };
  const [issue] = read.error.issues;
  return { at: issue?.path.join('/') ?? '', message: issue?.message ?? 'cannot be read' };
}
