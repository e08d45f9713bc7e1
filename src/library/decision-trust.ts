import type { Config } from '../config.ts';
import type { DecisionTrust, TrustedKey } from '../signatures/check-decision.ts';
import { readServiceKeys } from './service-keys.ts';

/** The part of the configuration that says whose signatures count. */
export type TrustConfig = Pick<Config, 'dataDir' | 'people' | 'signIn' | 'unsignedDecisionsBefore'>;

/** Whether anybody is configured who can sign: then a decision needs a signature. */
export const arePeopleConfigured = ({ people, signIn }: Pick<Config, 'people' | 'signIn'>): boolean =>
  people.length > 0 || signIn !== null;

/**
 * Builds the trust of a configuration: the keys of its people, and those of the service, which signs for people who signed
 * in. The service's are read when one is met that is not known: it may have been made since.
 */
export function buildDecisionTrust(config: TrustConfig): DecisionTrust {
  const { dataDir, people, unsignedDecisionsBefore } = config;
  const known = new Map<string, TrustedKey>(
    people.flatMap(({ id, keys }) =>
      keys.map(({ publicKey, retiredAt }) => [publicKey, { publicKey, person: id, retiredAt }] as const),
    ),
  );
  const isConfigured = arePeopleConfigured(config);
  return {
    findKey(publicKey) {
      if (!known.has(publicKey))
        for (const key of readServiceKeys(dataDir)) known.set(key.publicKey, { ...key, person: null });
      return known.get(publicKey) ?? null;
    },
    requiresSignature: (at) =>
      isConfigured &&
      !(unsignedDecisionsBefore !== null && Date.parse(at) < Date.parse(unsignedDecisionsBefore)),
  };
}
