import type { CaseResult } from '../case-result.ts';

const PROFILE_REASON =
  'the finding is of a profile, a terminology or an extension registry, which are not consulted';

/** Where the service does otherwise than the corpus expects, each with its reason. */
const KNOWN_DEVIATIONS: Readonly<Record<string, string>> = {
  'ctype-06': 'an Observation is read as R5 where the media type says so; other types are then 415',
  'status-5': 'a preliminary result is a fact that carries its status; the answer does not speak of it',
  'bundle-getall': 'a batch is answered 200, and its entry 405 (FHIR R4 http, batch)',
  'invalid pat-security-bad-xhtml.json': 'narrative is neither shown nor checked for active content',
  'invalid pat-security-bad-string.json':
    'text that looks like HTML is a FHIR string; it is never shown as HTML',
  'invalid obs-temp-bad.json': PROFILE_REASON,
  'invalid obs-temp-code2.json': PROFILE_REASON,
  'invalid obs-vs-1.json': PROFILE_REASON,
  'invalid obs-vs-2.json': `${PROFILE_REASON}; Narrative.div is missing, and that is not looked for`,
  'invalid pat-dob-ext.json': PROFILE_REASON,
  'invalid pat-example-ext.json': PROFILE_REASON,
  'invalid maiden-name.json': PROFILE_REASON,
  'invalid patient-with-turvakielto.json': PROFILE_REASON,
};

/** Requests that are sound HTTP after all: RFC 9110 and 9112 let a server serve them. */
const SOUND_REQUESTS: Readonly<Record<string, string>> = {
  'http http10': 'HTTP/1.0 has no Host header to miss',
  'http range': 'Range means nothing in a POST and is ignored (RFC 9110, 14.2)',
  'http prefer': 'a preference that is not known is ignored (RFC 7240, 2)',
};

export function toHostileResult(name: string, passed: boolean, note: string): CaseResult {
  const known = KNOWN_DEVIATIONS[name] ?? SOUND_REQUESTS[name];
  const missed = known && !passed ? `${known} (${note})` : note;
  return { name, passed, note: passed ? null : missed, knownMiss: known !== undefined };
}
