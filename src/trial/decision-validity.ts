/**
 * Why a decision does not count. `missing`: it has no signature and needs one. `unknown-key`: nobody who is registered signed
 * it. `other-signer`: the key is not that of who is named. `retired-key`: the key was no longer in use. `signature`: what was
 * signed was altered. `altered`: the stored decision is not the one that was signed. `other-record`: the record is not the
 * one that was decided on, or its content has changed since.
 */
export type DecisionFault =
  | 'missing'
  | 'unknown-key'
  | 'other-signer'
  | 'retired-key'
  | 'signature'
  | 'altered'
  | 'other-record';

/**
 * What a signature is worth when it is read. An invalid decision never counts, nor does an
 * erased one, of which nobody can tell any more; an unsigned one is never called signed.
 */
export type DecisionValidity =
  | {
      readonly state: 'signed';
      readonly name: string;
      readonly at: string;
      readonly meaning: string;
    }
  | { readonly state: 'unsigned' }
  | { readonly state: 'erased' }
  | { readonly state: 'invalid'; readonly fault: DecisionFault };

const FAULT_TEXTS: Readonly<Record<DecisionFault, string>> = {
  missing: 'it has no signature',
  'unknown-key': 'its key belongs to nobody who is registered',
  'other-signer': 'its key is not that of the person named',
  'retired-key': 'its key was no longer in use',
  signature: 'what was signed has been altered',
  altered: 'the decision is not the one that was signed',
  'other-record': 'the record is not the one that was signed, or has changed',
};

/**
 * Formats a signature for a reader, as every human-readable form of a decision shows it (21 CFR 11.50(b)): name, time and
 * meaning. An unsigned decision is called unsigned, an invalid one invalid, with what is wrong.
 */
export function formatValidity(validity: DecisionValidity): string {
  switch (validity.state) {
    case 'signed':
      return `signed by ${validity.name}, ${validity.at.slice(0, 19).replace('T', ' ')} UTC, ${validity.meaning}`;
    case 'unsigned':
      return 'unsigned';
    case 'erased':
      return 'erased with the person whom it was about';
    case 'invalid':
      return `INVALID, does not count: ${FAULT_TEXTS[validity.fault]}`;
  }
}
