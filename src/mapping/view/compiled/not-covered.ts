/**
 * The signal that a value is outside of what the compiler covers: the evaluation is then repeated by the engine, which also
 * reports what is wrong with the value. It is one constant, as nobody reads where it was thrown.
 */
export const NOT_COVERED = new Error('The compiled expression does not cover the value.');
