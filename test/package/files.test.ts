import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { root } from '../support/process/service-description.ts'
import { emptyFolder, output, userEnvironment } from './project.ts'
import { BUILT, CREATE } from './tarball.ts'

/** Folders and files of the package: what the repository has of these names, as JavaScript, and the sources for stack traces. */
const OF_PACKAGE =
  /^(LICENSE|THIRD-PARTY-LICENSES\.txt|README\.md|package\.json|auth\.config\.(js|d\.ts)|client\/[a-z]+(\.d\.ts|\.js)|events\/user-content\.json|vendor\/.+|node_modules\/bundled-[a-z0-9-]+\/package\.json|(functions|lib|local|packages\/serverless-jwt-auth|plugins|project|scripts)\/.+(\.js|\.cjs|\.d\.ts|\.map|\.yml|\.css)|plugins\/config\/sentences(\/[a-z-]+)?\.txt|plugins\/languages\/[A-Za-z-]+\.json|resources\/[a-z-]+\.yml|src\/.+\.(ts|js|html|css))$/

test('create-serverless-jwt-auth publishes the command and the template', async () => {
  expect(await publishedOf(CREATE)).toEqual([
    'LICENSE',
    'README.md',
    'create.js',
    'package.json',
    'template/README.md',
    'template/auth.config.ts',
    'template/events/user-content.json',
    'template/functions/admin-content.ts',
    'template/functions/content.test.ts',
    'template/functions/user-content.ts',
    'template/gitignore',
    'template/package.json',
    'template/serverless.yml',
    'template/tsconfig.json',
  ])
})

test('serverless-jwt-auth publishes built files and their sources, and no tests', async () => {
  const files = await publishedOf(BUILT)
  console.log(`${files.length} files`)
  expect(files.filter((file) => !OF_PACKAGE.test(file))).toEqual([])
  expect(
    files.filter((file) =>
      /\.test\.|^(src\/)?test\/|^(?!src\/).*(?<!\.d)\.ts$|\.env|\.pem$|\.npmrc$/.test(file),
    ),
  ).toEqual([])
  expect(files).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'README.md',
      'auth.config.js',
      'functions/sessions/login.cjs',
      'plugins/auth.js',
    ]),
  )
})

test('no published file has a path of this machine or a credential', async () => {
  const forbidden = [root, `${homedir()}/`]
  const secret =
    /-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bnpm_[A-Za-z0-9]{36}\b|\bghp_[A-Za-z0-9]{36}\b/
  for (const folder of [BUILT, CREATE]) {
    const files = await publishedOf(folder)
    const found = files.filter((file) => {
      const content = contentOf(folder, file)
      return secret.test(content) || forbidden.some((path) => content.includes(path))
    })
    expect(found).toEqual([])
  }
})

test('the manifest of the package names files that it has, and runs nothing at installation', () => {
  const {
    exports,
    bin,
    scripts,
    private: isPrivate,
    ...manifest
  } = JSON.parse(contentOf(BUILT, 'package.json'))
  const targets = [exports, bin]
    .flatMap((one) => Object.values<string | object>(one))
    .flatMap((one) => (typeof one === 'string' ? [one] : Object.values<string>(Object(one))))
  expect(targets.filter((target) => !existsSync(join(BUILT, target)))).toEqual([])
  expect([scripts, isPrivate]).toEqual([undefined, undefined])
  const { version, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(manifest).toMatchObject({ name: 'serverless-jwt-auth', version, license: 'MIT', engines })
})

test('each bundle of a function has a source map beside it, with the sources', async () => {
  const files = await publishedOf(BUILT)
  const bundles = files.filter((file) => file.endsWith('.cjs') && file.startsWith('functions/'))
  expect(bundles.length).toBeGreaterThan(20)
  expect(bundles.filter((file) => !files.includes(`${file}.map`)).map((file) => basename(file))).toEqual([])
})

/** Runs the lines of the workflow that publish, without the upload. Returns what they print. */
async function publish(registry: 'empty' | 'first', tag: string): Promise<string[]> {
  const { folder, remove } = emptyFolder()
  for (const tarball of Object.values(inject('tarballs'))) cpSync(tarball, join(folder, basename(tarball)))
  const workflow = parse(readFileSync(join(root, '.github/workflows/publish.yml'), 'utf8'))
  const steps: { run?: string }[] = workflow.jobs.publish.steps
  const env = { ...userEnvironment(registry), GITHUB_REF_NAME: tag }
  const printed: string[] = []
  for (const line of steps.flatMap(({ run }) => run ?? [])) {
    // As GitHub runs a step: it ends with the first line that fails.
    printed.push((await output(`set -e; ${line.trim()} --dry-run`, folder, env)).trim())
  }
  remove()
  return printed
}

test('the lines of the workflow publish both archives, in a dry run', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(await publish('empty', `v${version}`)).toEqual([
    `+ serverless-jwt-auth@${version}`,
    `+ create-serverless-jwt-auth@${version}`,
  ])
})

test('the lines of the workflow leave out what the registry has, so a release can be run again', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(await publish('first', `v${version}`)).toEqual(['', ''])
})

test('the package has the licences of all packages whose code it contains', () => {
  const licences = contentOf(BUILT, 'THIRD-PARTY-LICENSES.txt')
  const names = [...licences.matchAll(/^={80}\n(\S+) (\S+) \(.+\)$/gm)].map(([, name, version]) => {
    expect(packages[`node_modules/${name}`].version).toBe(version)
    return String(name)
  })
  expect(names).toEqual([...new Set(containedPackages())].sort())
  expect(names).toEqual(expect.arrayContaining(['bcryptjs', 'hash-wasm', 'swagger-ui-dist', 'uqr', 'zod']))
  for (const name of names) {
    const folder = join(root, 'node_modules', name)
    const texts = globSync('{LICENSE,LICENSE.*,NOTICE}', { cwd: folder })
    expect(texts.length, name).toBeGreaterThan(0)
    for (const file of texts) expect(licences).toContain(contentOf(folder, file).trim())
  }
  // What swagger-ui itself contains.
  expect(licences).toContain('Copyright (c) 2018 Jed Watson')
})

test('two builds have the same files, byte by byte', () => {
  const hashesOf = (folder: string) =>
    globSync('**/*', { cwd: folder, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
      .sort()
      .map((file) => [
        file,
        createHash('sha256')
          .update(readFileSync(join(folder, file)))
          .digest('hex'),
      ])
  // The files beside this one read the first build.
  const { folder: second, remove } = emptyFolder()
  onTestFinished(remove)
  execFileSync(process.execPath, [join(root, 'packages/build.ts'), second], { stdio: 'inherit' })
  const first = hashesOf(BUILT)
  expect(first.length).toBeGreaterThan(100)
  expect(hashesOf(second)).toEqual(first)
})

// What a release publishes, by a dry run of `npm publish`.

/** Returns the files that npm would publish of a folder. */
async function publishedOf(folder: string): Promise<string[]> {
  const printed = await output(
    'npm publish --dry-run --json --access public',
    folder,
    userEnvironment('empty'),
  )
  const report = JSON.parse(printed)
  const { files } = report.files ? report : Object.values<{ files: object[] }>(report)[0]
  return files.map(({ path }: { path: string }) => path).sort()
}

/**
 * Returns the packages whose code is in the package. Source maps name those in bundles, and folders of `vendor` those in copies.
 * Scripts of pages and modules for browsers name what they import.
 */
function containedPackages(): string[] {
  const sources = globSync('functions/**/*.cjs.map', { cwd: BUILT }).flatMap(
    (map): string[] => JSON.parse(contentOf(BUILT, map)).sources,
  )
  const imported = globSync(['functions/pages/**/*.js', 'client/*.js'], { cwd: root })
    .flatMap((file) => [...contentOf(root, file).matchAll(/\bfrom '([^.'][^']*)'/g)])
    .map(([, name]) => `node_modules/${name}`)
  const vendored = globSync('vendor/*', { cwd: BUILT }).map((folder) =>
    folder.replace('vendor', 'node_modules'),
  )
  return [...sources, ...imported, ...vendored].flatMap(
    (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  )
}

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))

const contentOf = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8')
