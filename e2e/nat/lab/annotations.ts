import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter'

/** Prints what a test has measured below its line. */
export default class Annotations implements Reporter {
  onTestEnd(_test: TestCase, result: TestResult): void {
    for (const { type, description = '' } of result.annotations)
      process.stdout.write(`       ${type}: ${description}\n`)
  }
}
