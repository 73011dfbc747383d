import { afterAll, onTestFinished, TestRunner } from 'vitest'

const steps: (() => unknown)[] = []
// A hook registers here, while the file is collected: one that `beforeAll` registers never runs.
afterAll(async () => {
  for (const step of steps.splice(0).reverse()) await step()
})

/** Does something at the end of the current test. Outside of a test, also in `beforeAll`, at the end of its file. */
export function atEnd(step: () => unknown): void {
  if (TestRunner.getCurrentTest() === undefined) steps.push(step)
  else onTestFinished(async () => void (await step()))
}
