import { afterAll, onTestFinished, TestRunner } from 'vitest'

/** Does something at the end of the current test. Outside of a test, at the end of its file. */
export function atEnd(step: () => unknown): void {
  if (TestRunner.getCurrentTest() === undefined) afterAll(async () => void (await step()))
  else onTestFinished(async () => void (await step()))
}
