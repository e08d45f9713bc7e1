import { compile, FP_Decimal } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { readDigits } from '../../fhir/lossless-json.ts';
import { FHIRPATH_VARIABLES } from './fhirpath-functions.ts';
import { type ConstantDefinition, createViewFailure, readConstantValue } from './view-definition.ts';

const NUMBER_TYPES = new Set(['Decimal', 'Integer', 'PositiveInt', 'UnsignedInt']);
const DATE_TIME_TYPES = new Set(['Date', 'DateTime', 'Instant', 'Time']);

/** Returns the constants of a view by name, in the engine's types: decimals with all digits, dates as dates. */
export function toEngineConstants(
  constants: readonly ConstantDefinition[],
): Readonly<Record<string, unknown>> {
  const engineConstants: Record<string, unknown> = {};
  for (const [i, constant] of constants.entries()) {
    const at = `constant[${i}]`;
    if (Object.hasOwn(engineConstants, constant.name) || FHIRPATH_VARIABLES.has(constant.name)) {
      throw createViewFailure(
        `The constant name "${constant.name}" is already used.`,
        `${at}.name`,
        'Choose another name.',
      );
    }
    engineConstants[constant.name] = toEngineConstant(constant, at);
  }
  return Object.freeze(engineConstants);
}

function toEngineConstant(constant: ConstantDefinition, at: string): unknown {
  const { type, value } = readConstantValue(constant);
  const engineValue = NUMBER_TYPES.has(type)
    ? toEngineDecimal(value)
    : type === 'Integer64'
      ? toEngineLong(value)
      : toEnginePrimitive(type, value);
  if (engineValue === null) {
    throw createViewFailure(
      `The constant %${constant.name} is not a ${type}.`,
      `${at}.value${type}`,
      `Write a ${type}.`,
    );
  }
  return engineValue;
}

function toEngineDecimal(value: unknown): unknown {
  const text = readDigits(value);
  return text === null ? null : FP_Decimal.getDecimal(text);
}

function toEngineLong(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : null;
}

function toEnginePrimitive(type: string, value: unknown): unknown {
  if (type === 'Boolean') return typeof value === 'boolean' ? value : null;
  if (typeof value !== 'string') return null;
  return DATE_TIME_TYPES.has(type) ? toEngineDateTime(type, value) : value;
}

/** Converts a date or time through a literal (`@2020-01-01`, `@2020-01-01T`, `@T12:00`), as the engine offers no other way. */
function toEngineDateTime(type: string, value: string): unknown {
  const literal =
    type === 'Time' ? `@T${value}` : type === 'Date' || value.includes('T') ? `@${value}` : `@${value}T`;
  try {
    return compile(literal, r4, { resolveInternalTypes: false, preciseMath: true })({})[0] ?? null;
  } catch {
    return null;
  }
}
