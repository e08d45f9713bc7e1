import type { Citation } from './criteria-set.ts';

/** How far the text of a source was seen, for a reader who must rely on it. */
const TRUST_WORDS = {
  seen: 'seen in print',
  paraphrase: 'seen as a paraphrase only: sign-off needed',
  'own-knowledge': 'not yet verified against print: sign-off needed',
  'own-choice': 'own choice: sign-off needed',
} as const satisfies Record<Citation['trust'], string>;

/** Formats a source with how far its text was seen: `Marsh JCW et al. (not yet verified against print: sign-off needed)`. */
export function formatCitation({ cite, trust }: Citation): string {
  return `${cite} (${TRUST_WORDS[trust]})`;
}
