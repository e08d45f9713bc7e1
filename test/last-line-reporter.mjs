/** Ends every test run with the one line that CI and people look for. */
export default class LastLineReporter {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter((suite) => suite.testExecError).length;
    const passed = results.numPassedTests;
    process.stdout.write(`${passed} passed, ${results.numFailedTests + broken} failed\n`);
  }
}
