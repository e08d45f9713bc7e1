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

/** Ids are compared without case and white space: `nct 00195624` is the same record. */
const normaliseRecordId = (id: string): string => id.replace(/\s/g, '').toUpperCase();

function refuseClaimedIds({ identity, claims }: Registry): void {
  const claimedIds = new Set((claims ?? []).map(({ id }) => normaliseRecordId(id)));
  const usedIds = [
    ['/identity/nctId', identity?.nctId],
    ['/identity/orgStudyId', identity?.orgStudyId],
    ...(identity?.secondaryIds ?? []).map(({ id }, i) => [`/identity/secondaryIds/${i}/id`, id] as const),
  ] as const;
  for (const [at, id] of usedIds) {
    if (id !== undefined && claimedIds.has(normaliseRecordId(id)))
      refuseIdentity(
        `${id} is only a claim of a publication, not the record of this study`,
        at,
        "Use the id of the study's own record.",
      );
  }
}

/**
 * The identity gate: refuses (`exports/identity`) unless registry.json names the person who confirmed that the registry's
 * record is this study, and the title, sponsor and intervention that they read there are those of registry.json. An id
 * that is only a claim of a publication is refused in drafts too.
 */
export function refuseUnconfirmedIdentity(registry: Registry, isDraft: boolean): void {
  refuseClaimedIds(registry);
  if (isDraft) return;
  const { confirmed } = registry;
  if (!confirmed)
    refuseIdentity(
      'No person has confirmed that the registry record is that of this study.',
      '/confirmed',
      'Compare the record in the registry with registry.json. Then add "confirmed" with by, on, title, sponsor and intervention exactly as the registry shows them. Or export a draft.',
    );
  const titles = [registry.briefTitle, registry.officialTitle];
  const interventionNames = (registry.interventions ?? []).map(({ name }) => name);
  const differences = [
    titles.includes(confirmed.title) ? null : 'title',
    registry.sponsor === confirmed.sponsor ? null : 'sponsor',
    interventionNames.includes(confirmed.intervention) ? null : 'intervention',
  ].filter((field) => field !== null);
  if (differences.length > 0)
    refuseIdentity(
      `The confirmed registry record differs from registry.json in ${differences.join(', ')}.`,
      '/confirmed',
      'The record is of another study, or one of the two is wrong: compare them again.',
    );
}
