import type { Coding } from './codes/terminology.ts';
import type { CodingWithDisplay, MappingQuestion, WorkNeed } from './mapping-result.ts';
import type { SentConcept } from './sent-values.ts';
import { isShowableUnit } from './showable-text.ts';

/** Labels appear in work items. A longer text is not a label and may contain remarks about a patient. */
const MAX_LABEL_LENGTH = 60;

/** A display is the name of a code. A longer one may be a sentence that a person wrote. */
const MAX_DISPLAY_LENGTH = 80;

const truncateLabel = (text: string): string => text.trim().slice(0, MAX_LABEL_LENGTH);

function formatCodeGroup(concept: SentConcept): string {
  const [coding] = concept.codings;
  if (coding) return `${coding.system}|${coding.code}`;
  return concept.text === null ? '(no code)' : `text:${truncateLabel(concept.text).toLowerCase()}`;
}

function toCodingWithDisplay({ system, code, display }: Coding): CodingWithDisplay {
  return { system, code, display: display?.trim().slice(0, MAX_DISPLAY_LENGTH) || null };
}

/** Builds the question that a decision on the concept's codes would answer; empty if there is no code to map. */
export function buildCodeQuestion(
  concept: SentConcept,
  vocabularies: readonly string[],
): { about?: MappingQuestion } {
  if (concept.codings.length === 0 || vocabularies.length === 0) return {};
  const text = concept.text === null ? null : truncateLabel(concept.text);
  return { about: { kind: 'code', vocabularies, codings: concept.codings.map(toCodingWithDisplay), text } };
}

/** Builds the need for a code that is in no map. `files` are the maps that define terms of the `vocabularies`. */
export function createUnmappedCodeNeed(
  concept: SentConcept,
  files: readonly string[],
  vocabularies: readonly string[],
): WorkNeed {
  const group = formatCodeGroup(concept);
  const isCoded = concept.codings.length > 0;
  return {
    reason: 'unmapped-code',
    element: concept.element,
    group,
    detail: isCoded
      ? `The code ${group} is not in any map.`
      : `The element has no coding with both a system and a code (${group}).`,
    fix: isCoded
      ? `Add the code to ${files.join(' or ')} or to the site's own map, with equivalence unmatched if the trial does not need it.`
      : 'Send a coding with a system and a code.',
    waitsFor: null,
    ...buildCodeQuestion(concept, vocabularies),
  };
}

/** Builds the need for a concept whose codes are mapped to different terms. */
export function createAmbiguousCodeNeed(
  concept: SentConcept,
  files: readonly string[],
  vocabularies: readonly string[],
): WorkNeed {
  const group = concept.codings.map((coding) => `${coding.system}|${coding.code}`).join(' + ');
  return {
    reason: 'unmapped-code',
    element: concept.element,
    group,
    detail: `The codes ${group} are mapped to different terms.`,
    fix: `Send only one of the codes, or map them to the same term in ${files.join(' or ')} or in the site's own map.`,
    waitsFor: null,
    ...buildCodeQuestion(concept, vocabularies),
  };
}

/**
 * Builds the need for a referenced resource (`noun`, such as product) that has not arrived. `waitsFor` is null if the
 * reference does not name it by type and id.
 */
export function createUnresolvedReferenceNeed(
  element: string,
  waitsFor: string | null,
  noun: string,
): WorkNeed {
  return {
    reason: 'unmapped-code',
    element,
    group: waitsFor ?? `reference:${element}`,
    detail:
      waitsFor === null
        ? `The reference does not lead to a ${noun}.`
        : `The referenced ${noun} ${waitsFor} has not arrived.`,
    fix:
      waitsFor === null
        ? `Send the ${noun} as a contained resource, or refer to it by type and id.`
        : `Send ${waitsFor}.`,
    waitsFor,
  };
}

/** Builds the need for an element that cannot be read as data. */
export function createUnparseableNeed(element: string, group: string, detail: string, fix: string): WorkNeed {
  return { reason: 'unparseable-value', element, group, detail, fix, waitsFor: null };
}

/** Builds the need for a date or time, without which a fact has no place in the trial. `isSent`: it is unreadable. */
export function createMissingTimeNeed(element: string, isSent: boolean): WorkNeed {
  const detail = isSent ? 'The date or period cannot be read.' : 'There is no date or time.';
  const fix = 'Send a date, or a date and time with a time zone, such as 2026-03-02T08:15:00+08:00.';
  return createUnparseableNeed(element, `time:${element}`, detail, fix);
}

/** Returns a unit as a work item may show it. */
const formatUnitLabel = (unit: string): string =>
  isShowableUnit(unit) ? truncateLabel(unit) : '(a text that looks like no unit)';

/** Builds the need for a unit that is in no unit map, or that was not sent (`unit` null). */
export function createUnmappedUnitNeed(
  kind: string,
  unit: string | null,
  element: string,
  trialUnit: string,
): WorkNeed {
  const label = unit === null ? '(no unit)' : formatUnitLabel(unit);
  const need = { reason: 'unmapped-unit', element, group: `${kind}:${label}`, waitsFor: null } as const;
  if (unit !== null && label === unit.trim())
    return {
      ...need,
      detail: `The unit ${label} is not in the unit map of ${kind}.`,
      fix: `Add the spelling to the unit map of ${kind} or to the site's own, or send a UCUM code such as ${trialUnit}.`,
      about: { kind: 'unit', quantity: kind, spelling: label },
    };
  return {
    ...need,
    detail:
      unit === null
        ? `The ${kind} value has no unit.`
        : `The unit of the ${kind} value is a text that is not a unit.`,
    fix: `Send the unit as a UCUM code with its system, such as ${trialUnit}.`,
  };
}
