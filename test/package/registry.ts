import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A version that the registry has. */
export interface Release {
  manifest: { name: string; version: string }
  /** Path of the archive that `npm pack` made. */
  tarball: string
}

/**
 * Starts a registry with our packages, as far as npm asks one to install them. It sends npm to another registry for all other packages.
 * Below any other path it has nothing.
 *
 * @param views - Releases by the first part of the registry's path, such as `first` for `http://localhost:4873/first/`.
 * @param others - URL of the registry for other packages.
 */
export async function startRegistry(views: Record<string, Release[]>, others: string) {
  const server = createServer(({ url = '', headers }, response) => {
    const [, view = '', ...rest] = decodeURIComponent(url).split('/')
    const [name, , file] = rest
    const releases = (views[view] ?? []).filter(({ manifest }) => manifest.name === name)
    if (views[view] === undefined) {
      response.writeHead(404, { 'Content-Type': 'application/json' }).end('{}')
      return
    }
    if (releases.length === 0) {
      response.writeHead(302, { Location: new URL(url.slice(view.length + 2), others).href }).end()
      return
    }
    const base = `http://${headers.host}/${view}`
    const archive = releases.find((one) => fileOf(one) === file)
    response.setHeader('Content-Type', archive ? 'application/octet-stream' : 'application/json')
    response.end(archive ? readFileSync(archive.tarball) : JSON.stringify(packumentOf(releases, base)))
  })
  await once(server.listen(0, 'localhost'), 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

const fileOf = ({ manifest: { name, version } }: Release) => `${name}-${version}.tgz`

function packumentOf(releases: Release[], base: string): object {
  const versions = releases.map((release) => {
    const { manifest, tarball } = release
    const sha512 = createHash('sha512').update(readFileSync(tarball)).digest('base64')
    const dist = { tarball: `${base}/${manifest.name}/-/${fileOf(release)}`, integrity: `sha512-${sha512}` }
    return [manifest.version, { ...manifest, dist }] as const
  })
  const [latest] = versions.at(-1) ?? []
  return { name: releases[0]?.manifest.name, 'dist-tags': { latest }, versions: Object.fromEntries(versions) }
}
