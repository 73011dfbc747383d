import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import ts from 'typescript'
import { parse } from 'yaml'
import { partReadBy } from '../plugins/config/parts.ts'
import { moduleOf, VENDORED } from '../plugins/functions/archive.ts'
import { MOVING_LOGIN } from '../plugins/functions/drain.ts'
import { filesIn } from '../plugins/functions/functions.ts'
import { SWITCHED_HANDLERS } from '../plugins/functions/switches.ts'
import { PAGE_FILES, pageFilesBy } from '../plugins/page-files.ts'
import { removeUnreached } from './declarations.ts'
import { LICENCES_FILE, licencesOf } from './licences.ts'

// Builds the package `serverless-jwt-auth` in `packages/serverless-jwt-auth/dist`, or in the folder of the first argument. `npm pack`
// makes an archive of it. It is this repository's tree with JavaScript in place of TypeScript, and with finished functions.

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const SOURCES = 'packages/serverless-jwt-auth'
const OUT = resolve(process.argv[2] ?? join(ROOT, SOURCES, 'dist'))

/** Files next to the modules, which the plugin and the commands read. */
const COPIED = [
  'LICENSE',
  'client/{client,passkeys,requests,tabs}.js',
  'client/{client,passkeys}.d.ts',
  'events/user-content.json',
  'functions/**/functions.yml',
  'functions/pages/signin/*.css',
  'plugins/**/*.{yml,txt}',
  'plugins/languages/*.json',
  '{lib,local,plugins}/**/*.d.ts',
]

/** Clients of AWS that a single command needs and the framework does not bring. The command asks for them. */
const OF_SINGLE_COMMANDS = ['@aws-sdk/client-sesv2']

/** The declarations of what handlers import name these types. */
const TYPES_OF_HANDLERS = '@types/aws-lambda'

interface Manifest {
  version: string
  exports: Record<string, { types: string }>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  [member: string]: unknown
}

const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** Puts the configuration of the project in the place of this repository's. */
function takeApplicationOfProject(): void {
  for (const end of ['.js', '.d.ts']) {
    writeFileSync(join(OUT, `auth.config${end}`), `export { default } from './${SOURCES}/application.js'\n`)
  }
}

/**
 * Bundles each function with the options of `plugins/service.yml`. It reads the application's data from a
 * module in the same folder. Returns the folders of the packages whose code the bundles contain.
 */
async function buildFunctions(): Promise<string[]> {
  const functions = filesIn(ROOT).flatMap((file) =>
    Object.values(parse(readFileSync(join(ROOT, file), 'utf8')) as Record<string, { handler: string }>),
  )
  const written = functions.map(({ handler }) => handler)
  const handlers = [...written, MOVING_LOGIN, ...SWITCHED_HANDLERS]
  const { metafile } = await build({
    ...optionsOfFunctions(),
    entryPoints: [...new Set(handlers.map((handler) => handler.replace(/\.\w+$/, '.ts')))].sort(),
    // A project names its languages later.
    plugins: [pageFilesBy(async () => true), externalApplication, noContent],
    absWorkingDir: ROOT,
    outbase: ROOT,
    outdir: OUT,
    outExtension: { '.js': '.cjs' },
    sourcemap: 'external',
    sourcesContent: false,
    platform: 'node',
    target: 'node24',
    metafile: true,
  })
  const inputs = Object.keys(metafile.inputs).map((input) => join(ROOT, input))
  const folders = inputs.flatMap((input) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [])
  // The plugin bundles the scripts of pages itself, each with what it imports.
  const ofPages = packagesOf(inputs.filter((input) => PAGE_FILES.test(input)))
  return [...new Set([...folders, ...ofPages.map((name) => join(ROOT, 'node_modules', name))])].sort()
}

/**
 * Gives the package a dependency for each package in its bundles, which has a manifest and no code. So `npm audit` in a project knows the
 * version, and nothing is installed for it. `swagger-ui-dist` as a usual dependency would add 12 MB, and `@scarf/scarf`, which reports each
 * installation to a server.
 */
function addBundled(folders: readonly string[]): Record<string, string> {
  const entries = folders.map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    // Under its own name it would be found in place of the package that the plugin imports.
    const alias = `bundled-${name.replace('@', '').replace('/', '-')}`
    mkdirSync(join(OUT, 'node_modules', alias), { recursive: true })
    writeFileSync(join(OUT, 'node_modules', alias, 'package.json'), `${JSON.stringify({ name, version })}\n`)
    return [alias, `npm:${name}@${version}`]
  })
  return Object.fromEntries(entries)
}

/** Writes the licences of the code in the functions, and of files that they read. */
function addLicences(ofFunctions: readonly string[]): void {
  const vendored = packageNamesOf(VENDORED).map((name) => join(ROOT, 'node_modules', name))
  writeFileSync(join(OUT, LICENCES_FILE), licencesOf([...new Set([...ofFunctions, ...vendored])].sort()))
}

function optionsOfFunctions(): BuildOptions {
  const { source } = parse(readFileSync(join(ROOT, 'plugins/service.yml'), 'utf8'))
  const { bundle, minify, format, legalComments, exclude } = source.custom.esbuild
  return { bundle, minify, format, legalComments, external: exclude }
}

const externalApplication: Plugin = {
  name: 'external-application',
  setup({ onResolve }) {
    onResolve({ filter: /\/auth\.config\.ts$/ }, ({ importer }) => ({
      path: moduleOf(partReadBy(importer)),
      external: true,
    }))
  },
}

/** A project has none of the routes in `serverless.yml` of this repository. */
const noContent: Plugin = {
  name: 'no-content',
  setup({ onLoad }) {
    onLoad({ filter: /\/openapi\/routes\/content\.ts$/ }, () => ({
      contents: 'export const CONTENT_ROUTES = []',
    }))
  },
}

/**
 * Bundles what handlers of a project import. It does not know the project's roles: in a handler the authorizer has checked
 * the role.
 */
async function buildModulesOfHandlers(): Promise<void> {
  const { metafile } = await build({
    entryPoints: ['handler', 'events'].map((name) => `${SOURCES}/${name}.ts`),
    plugins: [anyRole],
    absWorkingDir: ROOT,
    outdir: join(OUT, SOURCES),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
  })
  const configured = Object.values(metafile.outputs).map(
    ({ inputs }) => inputs['auth.config.ts']?.bytesInOutput ?? 0,
  )
  if (configured.some((bytes) => bytes > 0)) throw new Error('a module of handlers contains auth.config.ts')
}

const anyRole: Plugin = {
  name: 'any-role',
  setup({ onResolve }) {
    onResolve({ filter: /\/application\/roles\.ts$/ }, ({ importer }) =>
      /\/(principal|users\/store)\.ts$/.test(importer)
        ? { path: join(ROOT, SOURCES, 'any-role.ts') }
        : undefined,
    )
  },
}

/** Makes the source maps lead to copies of the sources, each of which the package has once. */
function addSources(): void {
  for (const file of globSync('**/*.map', { cwd: OUT })) {
    const path = join(OUT, file)
    const map: { sources: string[] } = JSON.parse(readFileSync(path, 'utf8'))
    const sources = map.sources.map((source) => relative(ROOT, resolve(dirname(path), source)))
    map.sources = sources.map((source) => relative(dirname(path), join(OUT, 'src', source)))
    writeFileSync(path, JSON.stringify(map))
    for (const source of sources.filter((one) => !one.startsWith('node_modules/')))
      cpSync(join(ROOT, source), join(OUT, 'src', source))
  }
}

/** Its dependencies are the packages that its modules import, and those in its bundles. */
function manifestOfPackage(bundled: Record<string, string>) {
  const { version, license, author, repository, bugs, engines } = manifest
  const versions = { ...manifest.devDependencies, ...manifest.dependencies }
  const peers = ['serverless-offline', ...OF_SINGLE_COMMANDS]
  const modules = globSync('{packages,plugins,lib,local,project,scripts}/**/*.js', { cwd: OUT })
  const found = packagesOf(modules.map((file) => join(OUT, file)))
  const imported = [...new Set([...found, TYPES_OF_HANDLERS])]
    .sort()
    .filter((name) => !peers.includes(name) && name !== 'serverless')
  const unknown = imported.filter((name) => versions[name] === undefined)
  if (unknown.length > 0) throw new Error(`package.json does not have ${unknown.join(', ')}`)
  const of = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, versions[name]]))
  const module = (name: string) => ({
    types: `./${SOURCES}/${name}.d.ts`,
    default: `./${SOURCES}/${name}.js`,
  })
  const own = Object.fromEntries(
    ['handler', 'events', 'test', 'esbuild'].map((name) => [`./${name}`, module(name)]),
  )
  const subpaths = { ...own, ...manifest.exports }
  return {
    name: 'serverless-jwt-auth',
    version,
    description: 'Serverless plugin: sign-in for an API of your own on AWS Lambda.',
    keywords: [
      'serverless-plugin',
      'authentication',
      'jwt',
      'oauth2',
      'openid-connect',
      'passkeys',
      'aws-lambda',
    ],
    ...{ license, author, repository, bugs, engines },
    type: 'module',
    sideEffects: false,
    exports: { '.': module('index'), ...subpaths, './package.json': './package.json' },
    // For `moduleResolution: node10` of TypeScript, which does not read `exports`.
    types: module('index').types,
    typesVersions: {
      '*': Object.fromEntries(Object.entries(subpaths).map(([path, { types }]) => [path.slice(2), [types]])),
    },
    bin: { 'serverless-jwt-auth': `./${SOURCES}/bin/serverless-jwt-auth.js` },
    dependencies: { ...of(imported), ...bundled },
    bundleDependencies: Object.keys(bundled),
    peerDependencies: of(peers),
    peerDependenciesMeta: Object.fromEntries(OF_SINGLE_COMMANDS.map((name) => [name, { optional: true }])),
  }
}

/** Returns the packages that modules import. */
const packagesOf = (modules: readonly string[]): string[] =>
  packageNamesOf(
    modules
      .flatMap((file) => ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles)
      .map(({ fileName }) => fileName)
      .filter((name) => !name.startsWith('.') && !isBuiltin(name)),
  )

/** Returns the packages of files such as `zod/v4/core`. */
function packageNamesOf(files: readonly string[]): string[] {
  return files.map((file) =>
    file
      .split('/')
      .slice(0, file.startsWith('@') ? 2 : 1)
      .join('/'),
  )
}

rmSync(OUT, { recursive: true, force: true })
execFileSync(
  process.execPath,
  [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, 'packages'), '--outDir', OUT],
  {
    stdio: 'inherit',
  },
)
for (const file of globSync(COPIED, { cwd: ROOT })) cpSync(join(ROOT, file), join(OUT, file))
cpSync(join(ROOT, SOURCES, 'README.md'), join(OUT, 'README.md'))
for (const file of VENDORED) cpSync(join(ROOT, 'node_modules', file), join(OUT, 'vendor', file))
takeApplicationOfProject()
const ofFunctions = await buildFunctions()
const bundled = addBundled(ofFunctions)
addLicences(ofFunctions)
await buildModulesOfHandlers()
addSources()
const packed = manifestOfPackage(bundled)
removeUnreached(OUT, packed)
writeFileSync(join(OUT, 'package.json'), `${JSON.stringify(packed, null, 2)}\n`)
