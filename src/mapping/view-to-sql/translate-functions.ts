import { isPrimitive, isSubtype, readChoiceType } from './model-elements.ts';
import {
  buildComputed,
  buildMember,
  buildNothing,
  formatExists,
  formatField,
  formatFilter,
  formatPresentValues,
  formatTransform,
  isChoice,
  type SqlChoice,
  type SqlItems,
} from './sql-items.ts';
import { quoteText } from './sql-shape.ts';
import { formatBoolean } from './translate-operators.ts';
import { createUntranslatableFailure, requireItems, type TranslationScope } from './translation-scope.ts';

/** Translates an argument of a function for one element of its input. */
export type TranslateArgument = (focus: SqlItems) => SqlItems;

/** The arguments of a call, as the syntax has them. */
export interface CallArguments {
  /** The name of a type, or the text of a literal; null where there is no argument, or another one. */
  readonly typeName: string | null;
  readonly literal: string | null;
  /** Null without an argument. */
  readonly translate: TranslateArgument | null;
}

/** Builds the element itself as the focus of a condition on it. */
const buildFocus = (items: SqlItems, sql: string): SqlItems => ({
  ...items,
  values: sql,
  isList: false,
  elements: () => 'true',
  companion: null,
});

function filterItems(
  items: SqlItems,
  condition: (focus: SqlItems) => string,
  scope: TranslationScope,
): SqlItems {
  if (!items.isList) {
    const test = condition(items);
    const elements = () => `(case when ${test} then ${items.elements()} else false end)`;
    return { ...items, values: `(case when ${test} then ${items.values} end)`, elements, companion: null };
  }
  const filter = (list: string) =>
    formatFilter(list, scope.nameVariable, (x) => condition(buildFocus(items, x)));
  if (!isPrimitive(items.type)) {
    const values = filter(items.values);
    return { ...items, values, elements: () => values };
  }
  const list = filter(items.elements());
  return { ...items, values: formatPresentValues(list, scope.nameVariable), elements: () => list };
}

function translateWhere(items: SqlItems, { translate }: CallArguments, scope: TranslationScope): SqlItems {
  if (!translate) return items;
  return filterItems(items, (focus) => formatBoolean(translate(focus), scope), scope);
}

function translateFirst(items: SqlItems): SqlItems {
  if (!items.isList) return items;
  return {
    ...items,
    values: `(${items.elements()})[1]`,
    isList: false,
    elements: () => `(coalesce(len(${items.elements()}), 0) > 0)`,
    companion: null,
  };
}

/** Whether any type of a choice is there. */
function formatChoiceExists({ owner, name, suffixes }: SqlChoice, scope: TranslationScope): string {
  const members = (focus: SqlItems): readonly SqlItems[] =>
    suffixes.map((suffix) =>
      buildMember(
        focus,
        { names: [`${name}${suffix}`], type: readChoiceType(scope.model, suffix), repeats: false },
        scope.nameVariable,
      ),
    );
  const exists = (focus: SqlItems) => `(${members(focus).map(formatExists).join(' or ')})`;
  if (!owner.isList) return exists(owner);
  const present = formatFilter(owner.values, scope.nameVariable, (x) => exists(buildFocus(owner, x)));
  return `(coalesce(len(${present}), 0) > 0)`;
}

function translateExists(
  items: SqlItems | SqlChoice,
  args: CallArguments,
  scope: TranslationScope,
): SqlItems {
  if (isChoice(items) && !args.translate) return buildComputed(formatChoiceExists(items, scope), 'boolean');
  const filtered = translateWhere(requireItems(items, scope), args, scope);
  return buildComputed(formatExists(filtered), 'boolean');
}

function readTypeName({ typeName }: CallArguments, scope: TranslationScope): string {
  const name = typeName?.replace(/^FHIR\./, '').replaceAll('`', '') ?? '';
  if (name in scope.model.type2Parent) return name;
  throw createUntranslatableFailure(scope, `"${typeName}" is not a type of FHIR.`, 'Name a type of FHIR.');
}

function translateOfType(
  items: SqlItems | SqlChoice,
  args: CallArguments,
  scope: TranslationScope,
): SqlItems {
  const { model } = scope;
  const type = readTypeName(args, scope);
  if (!isChoice(items)) {
    if (items.type.includes('.') && !items.type.startsWith('System.'))
      throw createUntranslatableFailure(scope, `The type of "${items.type}" has no name.`);
    return isSubtype(model, items.type, type) ? items : buildNothing(type);
  }
  const suffixes = items.suffixes.filter((suffix) => isSubtype(model, readChoiceType(model, suffix), type));
  if (suffixes.length === 0) return buildNothing(type);
  const names = suffixes.map((suffix) => `${items.name}${suffix}`);
  return buildMember(items.owner, { names, type, repeats: false }, scope.nameVariable);
}

function translateExtension(items: SqlItems, { literal }: CallArguments, scope: TranslationScope): SqlItems {
  if (literal === null)
    throw createUntranslatableFailure(scope, 'The url of extension() is not a text.', 'Write the url.');
  const owner = items.shape ? items : items.companion?.();
  if (!owner)
    throw createUntranslatableFailure(scope, 'The extensions of a repeated primitive are asked for.');
  const access = { names: ['extension'], type: 'Extension', repeats: true };
  const extensions = buildMember(owner, access, scope.nameVariable);
  const isUrl = (focus: SqlItems) => {
    const url = buildMember(focus, { names: ['url'], type: 'uri', repeats: false }, scope.nameVariable);
    return `${url.values} = ${quoteText(literal)}`;
  };
  return filterItems(extensions, isUrl, scope);
}

function translateResourceKey(items: SqlItems, scope: TranslationScope): SqlItems {
  if (items.type !== scope.resource)
    throw createUntranslatableFailure(
      scope,
      'getResourceKey() is asked of an element.',
      'Select it outside of forEach.',
    );
  const access = { names: ['id'], type: 'id', repeats: false };
  const id = buildMember(items, access, scope.nameVariable);
  return buildComputed(`${quoteText(`${scope.resource}/`)} || ${id.values}`, 'string');
}

/** A reference to a resource on the same server: the key, with or without a version. */
const formatReferencePattern = (type: string): string =>
  `^(${type}/[A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?$`;

function translateReferenceKey(items: SqlItems, args: CallArguments, scope: TranslationScope): SqlItems {
  if (items.type !== 'Reference' || !items.shape)
    throw createUntranslatableFailure(scope, `getReferenceKey() is asked of a ${items.type}.`);
  const pattern = formatReferencePattern(
    args.typeName === null ? '[A-Z][A-Za-z]+' : readTypeName(args, scope),
  );
  buildMember(items, { names: ['reference'], type: 'string', repeats: false }, scope.nameVariable);
  const readKey = (reference: string) =>
    `nullif(regexp_extract(${formatField(reference, 'reference')}, ${quoteText(pattern)}, 1), '')`;
  if (!items.isList) return buildComputed(readKey(items.values), 'string');
  const keys = formatTransform(items.values, scope.nameVariable, readKey);
  const values = formatPresentValues(keys, scope.nameVariable);
  return { ...buildComputed(values, 'string'), isList: true, elements: () => values };
}

/** Translates the call of a function of the Shareable subset. */
export function translateFunction(
  name: string,
  input: SqlItems | SqlChoice,
  args: CallArguments,
  scope: TranslationScope,
): SqlItems {
  switch (name) {
    case 'exists':
      return translateExists(input, args, scope);
    case 'empty':
      return buildComputed(`(not ${translateExists(input, args, scope).values})`, 'boolean');
    case 'ofType':
      return translateOfType(input, args, scope);
    case 'where':
      return translateWhere(requireItems(input, scope), args, scope);
    case 'first':
      return translateFirst(requireItems(input, scope));
    case 'not':
      return buildComputed(`(not ${formatBoolean(requireItems(input, scope), scope)})`, 'boolean');
    case 'extension':
      return translateExtension(requireItems(input, scope), args, scope);
    case 'getResourceKey':
      return translateResourceKey(requireItems(input, scope), scope);
    case 'getReferenceKey':
      return translateReferenceKey(requireItems(input, scope), args, scope);
    default:
      throw createUntranslatableFailure(scope, `The function ${name}() is not in the Shareable subset.`);
  }
}
