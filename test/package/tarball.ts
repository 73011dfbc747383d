import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { root } from '../support/process/service-description.ts'
import { installPlugins } from './others.ts'
import { type Release, startRegistry } from './registry.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** URLs of registries: `empty` has no package, `first` ours as they are built here, and `second` the next version too. */
    registries: { empty: string; first: string; second: string }
    /** Archives of the packages, as `npm pack` makes them. */
    tarballs: { package: string; create: string }
  }
}

export const BUILT = join(root, 'packages/serverless-jwt-auth/dist')
export const CREATE = join(root, 'packages/create-serverless-jwt-auth')

/** Builds and packs the packages once for all files of the suite, installs other plugins, and starts the registries. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'tarball-'))
  execFileSync(process.execPath, [join(root, 'packages/build.ts')], { stdio: 'inherit' })
  installPlugins()
  const plugin = pack(BUILT, folder)
  const create = pack(CREATE, folder)
  const others = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
  const views = { first: [plugin, create], second: [plugin, nextOf(folder), create] }
  const { url, stop } = await startRegistry(views, others)
  project.provide('registries', { empty: `${url}/empty/`, first: `${url}/first/`, second: `${url}/second/` })
  project.provide('tarballs', { package: plugin.tarball, create: create.tarball })
  return async () => {
    await stop()
    rmSync(folder, { recursive: true })
  }
}

/** Packs a folder as `npm publish` does. */
function pack(source: string, folder: string): Release {
  const output = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: source,
    encoding: 'utf8',
  })
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  return { manifest, tarball: join(folder, output.trim()) }
}

/** Packs the built package as its next version. */
function nextOf(folder: string): Release {
  const copy = join(folder, 'next')
  cpSync(BUILT, copy, { recursive: true })
  const manifest = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'))
  const [major, minor, patch] = manifest.version.split('.')
  const version = `${major}.${minor}.${Number(patch) + 1}`
  writeFileSync(join(copy, 'package.json'), JSON.stringify({ ...manifest, version }))
  mkdirSync(join(folder, 'later'))
  return pack(copy, join(folder, 'later'))
}
