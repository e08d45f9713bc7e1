/** Ends every test run with the one line that CI and people look for, after whatever else is printed. */
export default class LastLineReporter {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter((suite) => suite.testExecError).length;
    const line = `${results.numPassedTests} passed, ${results.numFailedTests + broken} failed\n`;
    process.once('exit', () => process.stdout.write(line));
  }
}
