import type { Draw } from './draw.ts';
import { CHOICES, ELEMENTS, EXTENSION_URLS, TEXTS } from './element-names.ts';

/** Names that stand for something else, or for nothing. */
const ODD_NAMES = [
  ...[
    'status',
    'code',
    'value',
    'extension',
    'id',
    'link',
    'length',
    'url',
    'string',
    'reference',
    'nothing',
  ],
  ...[
    'Observation',
    'Patient',
    'Quantity',
    'resourceType',
    '`value`',
    'valueQuantity',
    'effectiveDateTime',
    '_id',
  ],
];

const LITERALS = [
  ...["'a'", "'final'", "'http://loinc.org'", "'urn:a'", "'2020'", "''", "'b\\'c'"],
  ...['1', '1.0', '1.5', '-3', '100', 'true', 'false', '@2020', '@2020-02-29', '@2020-02-29T10:00:00Z', '{}'],
  ...['%text', '%number', '%day', '%flag', '%moment'],
];

/** An expression and the type of its results, as far as it is known. */
interface DrawnPath {
  readonly text: string;
  readonly type: string | null;
}

function drawName(draw: Draw, type: string | null): DrawnPath {
  const elements = type === null ? undefined : ELEMENTS[type];
  if (!elements || draw.happens(6)) return { text: draw.pick(ODD_NAMES), type: null };
  const name = draw.pick(Object.keys(elements));
  return { text: name, type: elements[name]?.replace('[]', '') ?? null };
}

const drawExtension = (draw: Draw): DrawnPath => ({
  text: `extension('${draw.pick([...EXTENSION_URLS, 'urn:c'])}')`,
  type: 'Extension',
});

function drawOfType(draw: Draw): DrawnPath {
  if (draw.happens(6))
    return { text: `ofType(${draw.pick(['FHIR.Quantity', 'System.String', 'String'])})`, type: null };
  const type = draw.pick(Object.values(CHOICES));
  return { text: `ofType(${type})`, type };
}

/** Draws a call that keeps the type of its input, or makes a value of it. */
function drawCall(draw: Draw, type: string | null, depth: number): DrawnPath {
  const keeps = (text: string): DrawnPath => ({ text, type });
  const computes = (text: string): DrawnPath => ({ text, type: null });
  const drawers: readonly (() => DrawnPath)[] = [
    ...[() => keeps('first()'), () => keeps('last()'), () => keeps('tail()'), () => keeps('$this')],
    ...[
      () => computes('exists()'),
      () => computes('empty()'),
      () => computes('not()'),
      () => computes('count()'),
    ],
    ...[() => computes("join(',')"), () => computes('join()'), () => computes('lowBoundary()')],
    ...[() => computes('getResourceKey()'), () => computes('getReferenceKey()')],
    ...[() => computes('getReferenceKey(Patient)'), () => drawExtension(draw), () => drawOfType(draw)],
    ...[1, 2, 3, 4].map(() => () => keeps(`where(${drawCondition(draw, type, depth + 1)})`)),
    () => computes(`exists(${drawCondition(draw, type, depth + 1)})`),
    () => computes(`select(${drawPath(draw, type, depth + 1).text})`),
  ];
  return draw.pick(drawers)();
}

/** Draws the beginning of a path: the name of an element most of the time. */
function drawFirstPart(draw: Draw, from: string | null, depth: number): DrawnPath {
  if (draw.happens(92)) return drawName(draw, from);
  if (draw.happens(70)) return drawCall(draw, from, depth);
  return { text: draw.pick(['$this', '%resource', '%context', 'extension', "'a'", '%text']), type: from };
}

/** Draws what follows in a path: the type of a choice, another element, or a call. */
function drawStep(draw: Draw, from: string | null, depth: number): DrawnPath {
  if (from === 'choice' && draw.happens(75)) return drawOfType(draw);
  return draw.happens(60) ? drawName(draw, from) : drawCall(draw, from, depth);
}

/** Draws a path from a type. */
export function drawPath(draw: Draw, from: string | null, depth = 0): DrawnPath {
  let path = drawFirstPart(draw, from, depth);
  for (let step = draw.count(0, Math.max(0, 4 - depth)); step > 0; step--) {
    const { text, type } = drawStep(draw, path.type, depth);
    const index = draw.happens(5) ? `[${draw.count(0, 2)}]` : '';
    path = { text: `${path.text}.${text}${index}`, type };
  }
  return path;
}

const TEMPORAL_TYPES = ['date', 'dateTime', 'instant'];

/** Draws a comparison of one element with something of its type. */
function drawShortCondition(draw: Draw, from: string | null): string {
  const { text, type } = drawName(draw, from);
  const equality = draw.pick(['=', '!=']);
  const order = draw.pick(['=', '!=', '<', '>', '<=', '>=']);
  if (type === 'boolean') return draw.pick([text, `${text} ${equality} true`, `${text}.not()`]);
  if (type !== null && TEMPORAL_TYPES.includes(type))
    return `${text} ${order} ${draw.pick(['@2020', '@2020-02-29', '@2020-02-29T10:00:00Z', '%day', '%moment'])}`;
  if (type === 'choice')
    return `${text}.ofType(${draw.pick(['dateTime', 'decimal', 'string', 'Quantity'])}) ${order} ${draw.pick(LITERALS)}`;
  if (draw.happens(20)) return `${text} ${equality} ${drawName(draw, from).text}`;
  return `${text} ${equality} '${draw.pick(TEXTS[type ?? 'code'] ?? ['a'])}'`;
}

/** Draws a comparison, a question or a combination of them. */
export function drawCondition(draw: Draw, from: string | null, depth = 0): string {
  const path = () => drawPath(draw, from, Math.min(depth + 2, 4)).text;
  const operand = () => (depth > 2 ? `${path()}.exists()` : drawCondition(draw, from, depth + 1));
  return draw.pick([
    ...[1, 2, 3, 4, 5].map(() => () => drawShortCondition(draw, from)),
    ...[1, 2].map(() => () => `${path()} = ${draw.pick(LITERALS)}`),
    ...[1, 2].map(() => () => `${path()}.exists()`),
    () => `${path()} != ${draw.pick(LITERALS)}`,
    () => `${path()} ${draw.pick(['<', '>', '<=', '>='])} ${draw.pick(LITERALS)}`,
    () => `${path()} ${draw.pick(['=', '!=', '<', '>='])} ${path()}`,
    () => `$this = ${draw.pick(LITERALS)}`,
    () => `${operand()} and ${operand()}`,
    () => `(${operand()} or ${operand()})`,
    () => `(${operand()}).not()`,
    () => `${path()}.exists().not()`,
    () => path(),
    () => `${path()} + ${draw.pick(LITERALS)} = ${draw.pick(LITERALS)}`,
  ])();
}

const drawExpression = (draw: Draw, type: string | null): string =>
  draw.happens(25) ? drawCondition(draw, type) : drawPath(draw, type).text;

function drawSelect(
  draw: Draw,
  type: string | null,
  names: () => string,
  depth: number,
): Record<string, unknown> {
  const iteration = draw.happens(depth === 0 ? 40 : 60) ? drawPath(draw, type, 2) : null;
  const key = draw.pick(['forEach', 'forEachOrNull', 'repeat']);
  const inner = iteration ? iteration.type : type;
  const drawColumn = () => ({
    name: names(),
    path: drawExpression(draw, inner),
    collection: draw.happens(75),
  });
  return {
    ...(iteration ? { [key]: key === 'repeat' ? [iteration.text] : iteration.text } : {}),
    column: Array.from({ length: draw.count(1, 3) }, drawColumn),
    ...(depth < 1 && draw.happens(30) ? { select: [drawSelect(draw, inner, names, depth + 1)] } : {}),
  };
}

/** Draws a view of a resource type: paths that lead somewhere, most of the time, and conditions. */
export function drawView(draw: Draw, resource: string): Record<string, unknown> {
  let count = 0;
  const names = () => `c${count++}`;
  return {
    ...{ resource, status: 'active', fhirVersion: [draw.pick(['4.0.1', '4.0.1', '5.0.0'])] },
    constant: [
      { name: 'text', valueString: 'a' },
      { name: 'number', valueDecimal: 1.5 },
      { name: 'day', valueDate: '2020-02-29' },
      { name: 'moment', valueDateTime: '2020-02-29T10:00:00Z' },
      { name: 'flag', valueBoolean: true },
    ],
    where: draw.happens(30) ? [{ path: drawCondition(draw, resource) }] : [],
    select: Array.from({ length: draw.count(1, 2) }, () => drawSelect(draw, resource, names, 0)),
  };
}
