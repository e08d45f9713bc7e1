type SiteNumbers = Readonly<Record<string, { readonly subjectNumbers: readonly string[] | null }>>;

const matchesNumber = (patterns: readonly string[], number: string): boolean =>
  patterns.some((pattern) =>
    pattern.endsWith('*') ? number.startsWith(pattern.slice(0, -1)) : number === pattern,
  );

/**
 * Whether a subject number may be used at a site: one of those that the configuration lists for it or, where it lists none, one
 * that it does not list for another site.
 */
export function mayUseSubjectNumber(sites: SiteNumbers, site: string, number: string): boolean {
  const own = Object.hasOwn(sites, site) ? sites[site]?.subjectNumbers : null;
  if (own) return matchesNumber(own, number);
  return !Object.values(sites).some(({ subjectNumbers }) => matchesNumber(subjectNumbers ?? [], number));
}
