import type { CaseResult } from '../case-result.ts';

const PROFILE_REASON =
  'the fault is against a profile, a terminology or an extension registry, which are not consulted';

/** Cases in which the service deviates from the expectation of the corpus, each with the reason. */
const KNOWN_DEVIATIONS: Readonly<Record<string, string>> = {
  'ctype-06':
    'an Observation is read as R5 where the media type states R5; other types are then answered 415',
  'status-5':
    'a preliminary result is a fact that carries its status; the answer does not mention the status',
  'bundle-getall': 'a batch is answered 200, and its entry 405 (FHIR R4 http, batch)',
  'invalid pat-security-bad-xhtml.json': 'narrative is neither shown nor checked for active content',
  'invalid pat-security-bad-string.json':
    'text that looks like HTML is a FHIR string; it is never shown as HTML',
  'invalid obs-temp-bad.json': PROFILE_REASON,
  'invalid obs-temp-code2.json': PROFILE_REASON,
  'invalid obs-vs-1.json': PROFILE_REASON,
  'invalid obs-vs-2.json': `${PROFILE_REASON}; Narrative.div is missing, which is not checked`,
  'invalid pat-dob-ext.json': PROFILE_REASON,
  'invalid pat-example-ext.json': PROFILE_REASON,
  'invalid maiden-name.json': PROFILE_REASON,
  'invalid patient-with-turvakielto.json': PROFILE_REASON,
};

/** Requests that are valid HTTP after all: RFC 9110 and 9112 allow a server to serve them. */
const VALID_REQUESTS: Readonly<Record<string, string>> = {
  'http http10': 'HTTP/1.0 requires no Host header',
  'http range': 'Range has no meaning in a POST and is ignored (RFC 9110, 14.2)',
  'http prefer': 'an unknown preference is ignored (RFC 7240, 2)',
};

/** Builds the result of a case. The note of a known deviation begins with its reason. */
export function toHostileResult(name: string, passed: boolean, note: string): CaseResult {
  const reason = KNOWN_DEVIATIONS[name] ?? VALID_REQUESTS[name];
  const fault = reason === undefined ? note : `${reason} (${note})`;
  return { name, passed, note: passed ? null : fault, knownMiss: reason !== undefined };
}
