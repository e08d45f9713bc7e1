export default {
  testEnvironment: '<rootDir>/test/plain-globals-environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript' },
          target: 'es2024',
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  reporters: ['default', '<rootDir>/test/last-line-reporter.mjs'],
  // Ends a test that hangs. A loaded machine may take many times the usual seconds, which is no failure.
  testTimeout: 120_000,
  // jest leaves a core for itself, which on two cores is half of them.
  maxWorkers: '100%',
};
