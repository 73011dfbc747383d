import { expect, test } from 'vitest'
import { reportBuilds } from './reload.ts'

/** A bundler whose builds end as a test says, and what was printed about them. */
function bundlerWith(...outcomes: (object | undefined)[]) {
  const printed: string[] = []
  const bundler = {
    log: {},
    async bundle() {
      const failure = outcomes.shift()
      if (failure !== undefined) throw failure
    },
  }
  const reportReload = reportBuilds(
    bundler,
    (message) => printed.push(message),
    () => printed.push('exit'),
  )
  const build = () => bundler.bundle().then(reportReload, () => {})
  return { build, printed }
}

const failure = (line: number) => ({
  errors: [{ text: 'Unexpected "="', location: { file: 'lib/errors.ts', line, column: 6 } }],
})
const report = (line: number) =>
  `lib/errors.ts:${line}:7: Unexpected "="\nThe previous version keeps running until this is fixed.`

test('reportBuilds reports each reload', async () => {
  const { build, printed } = bundlerWith(undefined, undefined)
  for (let times = 0; times < 2; times += 1) await build()
  expect(printed).toEqual(['Reloaded.', 'Reloaded.'])
})

test('reportBuilds reports a failure once, until it changes or is fixed', async () => {
  const { build, printed } = bundlerWith(undefined, failure(1), failure(1), failure(2), undefined, failure(1))
  for (let times = 0; times < 6; times += 1) await build()
  expect(printed).toEqual(['Reloaded.', report(1), report(2), 'Fixed and reloaded.', report(1)])
})

test('reportBuilds reports nothing of a state that an editor writes on the way', async () => {
  const { build, printed } = bundlerWith(undefined, failure(1), undefined)
  await build()
  await Promise.all([build(), build()])
  expect(printed).toEqual(['Reloaded.', 'Reloaded.'])
})

test('reportBuilds ends the process if the first build fails', async () => {
  const { build, printed } = bundlerWith({ errors: [{ text: 'No such file', location: null }] })
  await build()
  expect(printed).toEqual(['No such file', 'exit'])
})
