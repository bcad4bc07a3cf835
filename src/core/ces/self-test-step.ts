import { errorName } from '../base/errors.ts'

/** Where a self-test found something wrong. */
export type TestStep = 'seal' | 'verify' | 'rebuild' | 'compare'

/** The exact place of a failure. */
export interface SelfTestFailure {
  readonly step: TestStep
  readonly segment: number
  readonly name: string
  readonly message: string
}

/** Carries the step that failed; never leaves a self-test. */
export class StepError extends Error {
  readonly step: TestStep

  constructor(step: TestStep, cause: unknown) {
    super(`self-test: ${step}`, { cause })
    this.step = step
  }
}

/** What a failure says of itself; `during` is the step when the error does not say one. */
export function failureOf(error: unknown, during: TestStep, segment: number): SelfTestFailure {
  const [step, cause] = error instanceof StepError ? [error.step, error.cause] : [during, error]
  const message = cause instanceof Error ? cause.message : String(cause)
  return { step, segment, name: errorName(cause), message }
}

/** Waits for `work`, whose failure is one of `step`. */
export async function at<T>(step: TestStep, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw new StepError(step, cause)
  }
}
