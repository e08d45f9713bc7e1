import { compile, FP_Decimal } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { digits } from '../../fhir/json.ts';
import { type Constant, constantValue, invalidView } from './definition.ts';
import { ENVIRONMENT } from './vocabulary.ts';

const NUMBERS = new Set(['Decimal', 'Integer', 'PositiveInt', 'UnsignedInt']);
const MOMENTS = new Set(['Date', 'DateTime', 'Instant', 'Time']);

/** The constants of a view by name, as the engine compares them: decimals with all digits, dates as dates. */
export function readConstants(constants: readonly Constant[]): Readonly<Record<string, unknown>> {
  const read: Record<string, unknown> = {};
  for (const [i, constant] of constants.entries()) {
    const at = `constant[${i}]`;
    if (Object.hasOwn(read, constant.name) || ENVIRONMENT.has(constant.name)) {
      throw invalidView(
        `The constant name "${constant.name}" is taken.`,
        `${at}.name`,
        'Choose another name.',
      );
    }
    read[constant.name] = engineValue(constant, at);
  }
  return Object.freeze(read);
}

function engineValue(constant: Constant, at: string): unknown {
  const { type, value } = constantValue(constant);
  const read = NUMBERS.has(type)
    ? numberOf(value)
    : type === 'Integer64'
      ? longOf(value)
      : plainOf(type, value);
  if (read === null) {
    throw invalidView(
      `The constant %${constant.name} is not a ${type}.`,
      `${at}.value${type}`,
      `Write a ${type}.`,
    );
  }
  return read;
}

function numberOf(value: unknown): unknown {
  const text = digits(value);
  return text === null ? null : FP_Decimal.getDecimal(text);
}

function longOf(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : null;
}

function plainOf(type: string, value: unknown): unknown {
  if (type === 'Boolean') return typeof value === 'boolean' ? value : null;
  if (typeof value !== 'string') return null;
  return MOMENTS.has(type) ? momentOf(type, value) : value;
}

/** The engine makes its date types from literals only: `@2020-01-01`, `@2020-01-01T`, `@T12:00`. */
function momentOf(type: string, value: string): unknown {
  const literal =
    type === 'Time' ? `@T${value}` : type === 'Date' || value.includes('T') ? `@${value}` : `@${value}T`;
  try {
    return compile(literal, r4, { resolveInternalTypes: false, preciseMath: true })({})[0] ?? null;
  } catch {
    return null;
  }
}
