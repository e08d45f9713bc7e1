import type { Fact, Source } from './facts.ts';

/**
 * Formats the identity of a source: site, resource, version and element. The site is part of it, because two EHRs
 * number their resources independently.
 */
export function formatSourceKey({ site, resourceType, id, version, element }: Source): string {
  return `${site}|${resourceType}/${id}|${version}|${element}`;
}

/** Formats the resource that states a fact, as `Type/id`. */
export const formatStatingResource = ({ sources: [{ resourceType, id }] }: Fact): string =>
  `${resourceType}/${id}`;
