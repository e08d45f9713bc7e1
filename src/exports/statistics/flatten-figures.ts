/** A number of a report by its address; null: the report has no value there. */
export type ReportLeaf = readonly [at: string, value: number | boolean | null];

/** Labels a list item in an address: by its key, term or name; the two limits of an interval are `low` and `high`. */
function labelListItem(item: unknown, index: number, list: readonly unknown[]): string {
  if (typeof item === 'object' && item !== null) {
    for (const key of ['key', 'term', 'name']) {
      const label = (item as Readonly<Record<string, unknown>>)[key];
      if (typeof label === 'string') return label;
    }
  }
  return list.length === 2 ? (['low', 'high'][index] ?? '') : String(index + 1);
}

/** Lists every number of a report, or a part of one, by its address. Texts are not figures. */
export function flattenFigures(value: unknown, at = ''): readonly ReportLeaf[] {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return [[at, value]];
  if (typeof value !== 'object') return [];
  const members = Array.isArray(value)
    ? value.map((item, i) => [labelListItem(item, i, value), item] as const)
    : Object.entries(value as object);
  return members.flatMap(([key, member]) => flattenFigures(member, at === '' ? key : `${at}/${key}`));
}
