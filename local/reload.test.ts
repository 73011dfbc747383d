import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildOptions, build as esbuild } from 'esbuild'
import { expect, test } from 'vitest'
import { localBuild, reportBuilds } from './reload.ts'

test('reportBuilds reports each reload', async () => {
  const { build, printed } = await bundlerWith(undefined, undefined)
  for (let times = 0; times < 2; times += 1) await build()
  expect(printed).toEqual(['Reloaded.', 'Reloaded.'])
})

test('reportBuilds reports a failure once, until it changes or is fixed', async () => {
  const { build, printed } = await bundlerWith(
    undefined,
    failure(1),
    failure(1),
    failure(2),
    undefined,
    failure(1),
  )
  for (let times = 0; times < 6; times += 1) await build()
  expect(printed).toEqual(['Reloaded.', report(1), report(2), 'Fixed and reloaded.', report(1)])
})

test('a fix is reported as one, also if a second build ends before the report', async () => {
  const { bundle, reportReload, printed } = await bundlerWith(undefined, failure(1), undefined, undefined)
  await bundle()
  reportReload()
  await expect(bundle()).rejects.toEqual(failure(1))
  await bundle()
  await bundle()
  reportReload()
  expect(printed).toEqual(['Reloaded.', report(1), 'Fixed and reloaded.'])
})

test('a change during a build is built after it, and only the last state is reported', async () => {
  const steps: string[] = []
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const { build, printed } = bundlerOf(async () => {
    const count = steps.push('begins')
    begun.resolve()
    await end.promise
    steps.push('ends')
    if (count === 1) throw failure(1)
  })
  await build()
  const truncated = build()
  await begun.promise
  const written = [build(), build()]
  // Longer than a change waits, so a build that does not wait for the other one begins before it ends.
  setTimeout(end.resolve, 300)
  await Promise.all([truncated, ...written])
  expect(steps).toEqual(['begins', 'ends', 'begins', 'ends'])
  expect(printed).toEqual(['Reloaded.'])
})

test('reportBuilds ends the process if the first build fails', async () => {
  const { build, printed } = bundlerOf(async () => {}, { errors: [{ text: 'No such file', location: null }] })
  await build()
  expect(printed).toEqual(['No such file', 'exit'])
})

test('a build without its handler fails and writes nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reload-'))
  const entry = join(folder, 'user.ts')
  const { plugins } = localBuild([join(folder, 'user.handler')], [])
  const options = { entryPoints: [entry], outdir: folder, platform: 'node', format: 'cjs', minify: true }
  const build = (text: string) => {
    writeFileSync(entry, text)
    return esbuild({ ...options, write: false, logLevel: 'silent', plugins } as BuildOptions)
  }
  try {
    await expect(build('')).rejects.toMatchObject({ errors: [{ text: `${entry} does not export handler` }] })
    expect(existsSync(join(folder, 'user.js'))).toBe(false)
    await build('export const handler = async () => 1')
    expect(readFileSync(join(folder, 'user.js'), 'utf8')).toContain('handler')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** A bundler whose rebuilds end as a test says, and what was printed about them. */
async function bundlerWith(...outcomes: (object | undefined)[]) {
  const builds = bundlerOf(async () => {
    const failure = outcomes.shift()
    if (failure !== undefined) throw failure
  })
  await builds.build()
  return builds
}

/** A bundler with one function. Its first build succeeds, unless there is a failure of it. */
function bundlerOf(rebuild: () => Promise<void>, failure?: object) {
  const printed: string[] = []
  const bundler = {
    log: {},
    async bundle() {
      if (failure !== undefined) throw failure
    },
    buildCache: { 'functions/content/user-content.ts': { context: { rebuild } } },
  }
  const reportReload = reportBuilds(
    bundler,
    (message) => printed.push(message),
    () => printed.push('exit'),
  )
  const bundle = () => bundler.bundle()
  const build = () => bundle().then(reportReload, () => {})
  return { bundle, build, reportReload, printed }
}

const failure = (line: number) => ({
  errors: [{ text: 'Unexpected "="', location: { file: 'lib/errors.ts', line, column: 6 } }],
})

const report = (line: number) =>
  `lib/errors.ts:${line}:7: Unexpected "="\nThe previous version keeps running until this is fixed.`
