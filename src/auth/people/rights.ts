import type { PERSON_ROLES } from '../../config/people-schema.ts';
import type { DecisionKind } from '../../signatures/decision-manifest.ts';

/** A person's role in the trial. */
export type PersonRole = (typeof PERSON_ROLES)[number];

/** Something that not everybody may do. */
export type PersonRight =
  | 'work-items:read'
  | 'work-items:decide'
  | 'statements:make'
  | 'criteria:read'
  | 'criteria:sign-off'
  | 'outbox:overwrite'
  | 'decisions:read'
  | 'sessions:manage';

/** Who has a right. */
interface RightRule {
  readonly roles: readonly PersonRole[];
  /** Whether it concerns every site, so that only a person of all sites has it. */
  readonly isForAllSites: boolean;
}

/**
 * What each role may do, at the sites of the person: the only table of it. Who runs the system does not decide about
 * subjects, and who monitors or exports decides nothing (ICH E6(R3) 4.2: access by role).
 */
export const RIGHT_RULES: Readonly<Record<PersonRight, RightRule>> = {
  'work-items:read': {
    roles: ['coordinator', 'investigator', 'monitor', 'administrator'],
    isForAllSites: false,
  },
  'work-items:decide': { roles: ['coordinator', 'investigator'], isForAllSites: false },
  'statements:make': { roles: ['investigator'], isForAllSites: false },
  'criteria:read': {
    roles: ['coordinator', 'investigator', 'monitor', 'exporter', 'administrator'],
    isForAllSites: false,
  },
  'criteria:sign-off': { roles: ['investigator'], isForAllSites: true },
  'outbox:overwrite': { roles: ['investigator'], isForAllSites: false },
  'decisions:read': { roles: ['coordinator', 'investigator', 'monitor'], isForAllSites: false },
  'sessions:manage': { roles: ['administrator'], isForAllSites: true },
};

/** The right that a decision needs, by what it is about. */
export const DECISION_RIGHTS: Readonly<Record<DecisionKind, PersonRight>> = {
  'work-item': 'work-items:decide',
  adjudication: 'statements:make',
  'criteria-set': 'criteria:sign-off',
  'outbox-entry': 'outbox:overwrite',
};

/** What a person is known to be. */
export interface PersonGrants {
  readonly roles: readonly string[];
  /** `*`: all sites. */
  readonly sites: readonly string[];
}

/** Whether the person's data include those of the site; null: those of every site. */
export const hasSite = ({ sites }: PersonGrants, site: string | null): boolean =>
  sites.includes('*') || (site !== null && sites.includes(site));

/** Whether the person has the right at any site at all. */
export function hasRight(person: PersonGrants, right: PersonRight): boolean {
  const { roles, isForAllSites } = RIGHT_RULES[right];
  const hasRole = roles.some((role) => person.roles.includes(role));
  return hasRole && (!isForAllSites || person.sites.includes('*'));
}

/** Whether the person has the right at the site; null: for what concerns every site. */
export const hasRightAt = (person: PersonGrants, right: PersonRight, site: string | null): boolean =>
  hasRight(person, right) && hasSite(person, site);

/** Whether the person may decide about a record of the site; null: one that concerns every site. */
export const mayDecide = (person: PersonGrants, kind: DecisionKind, site: string | null): boolean =>
  hasRightAt(person, DECISION_RIGHTS[kind], site);
