import { Failure } from '../../errors.ts';
import type { Registry } from '../registry-json.ts';

const IDENTITY_REQUIREMENT =
  'A registry export needs a record that a person has confirmed by title, sponsor and intervention';

function refuseIdentity(message: string, at: string, fix: string): never {
  throw new Failure('exports/identity', message, {
    at: `registry.json#${at}`,
    spec: IDENTITY_REQUIREMENT,
    fix,
  });
}

/** Ids are compared without case and blanks: `nct 00195624` is the same record. */
const normaliseRecordId = (id: string): string => id.replace(/\s/g, '').toUpperCase();

function refuseClaimedIds({ identity, claims }: Registry): void {
  const claimed = new Set((claims ?? []).map(({ id }) => normaliseRecordId(id)));
  const used = [
    ['/identity/nctId', identity?.nctId],
    ['/identity/orgStudyId', identity?.orgStudyId],
    ...(identity?.secondaryIds ?? []).map(({ id }, i) => [`/identity/secondaryIds/${i}/id`, id] as const),
  ] as const;
  for (const [at, id] of used) {
    if (id !== undefined && claimed.has(normaliseRecordId(id)))
      refuseIdentity(
        `${id} is a claim of a publication, not this study's record`,
        at,
        "Use the study's own record.",
      );
  }
}

/**
 * The identity gate: refuses (`exports/identity`) unless registry.json says who found the registry's record to be this
 * study, and the title, sponsor and intervention that he read there are those of this file. An id that is only a claim
 * of a publication is refused in drafts too.
 */
export function refuseUnconfirmedIdentity(registry: Registry, draft: boolean): void {
  refuseClaimedIds(registry);
  if (draft) return;
  const { confirmed } = registry;
  if (!confirmed)
    refuseIdentity(
      'nobody has confirmed that the registry record is this study',
      '/confirmed',
      'Compare the record in the registry with this file; then add "confirmed" with by, on, title, sponsor, intervention as they stand in the registry. Or write a draft.',
    );
  const titles = [registry.briefTitle, registry.officialTitle];
  const names = (registry.interventions ?? []).map(({ name }) => name);
  const differing = [
    titles.includes(confirmed.title) ? null : 'title',
    registry.sponsor === confirmed.sponsor ? null : 'sponsor',
    names.includes(confirmed.intervention) ? null : 'intervention',
  ].filter((one) => one !== null);
  if (differing.length > 0)
    refuseIdentity(
      `the confirmed registry record differs from this file in ${differing.join(', ')}`,
      '/confirmed',
      'This is another study, or one of the two is wrong: compare them again.',
    );
}
