import type { Source } from './facts.ts';

/**
 * Formats what makes two sources the same: site, resource, version and element. The site belongs to it, because two
 * EHRs number their resources independently.
 */
export function formatSourceKey({ site, resourceType, id, version, element }: Source): string {
  return `${site}|${resourceType}/${id}|${version}|${element}`;
}
