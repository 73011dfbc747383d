import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { expect } from 'vitest'
import { listen } from '../local/aws-service.ts'
import { freePort } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'
import { startServer } from '../verifiers/programs.ts'

const EXAMPLE = join(root, 'examples/mcp-server')

export const INSTALL = 'The MCP server needs: npm ci --prefix examples/mcp-server'
export const isInstalled = existsSync(join(EXAMPLE, 'node_modules/serverless'))

/** The SDK leaves the check of `state` to the client. */
export const STATE = 'a-state-of-the-client'

/** The revision of the protocol that a client speaks. `legacy` begins with `initialize`, as clients did before 2026-07-28. */
export const REVISIONS = [{ pin: '2026-07-28' }, 'legacy'] as const
type Revision = (typeof REVISIONS)[number]

const guide = readFileSync(join(root, 'docs/MCP.md'), 'utf8')

/** Makes a server by the commands of docs/MCP.md, in an empty folder. The installed packages are those of the example. */
export function makeServer() {
  const [, commands = ''] = /^(mkdir my-server\n.*?)npm ci/ms.exec(guide) ?? []
  const parent = mkdtempSync(join(root, '.results/mcp-'))
  symlinkSync(join(root, 'examples'), join(parent, 'examples'))
  execFileSync('sh', ['-ec', commands], { cwd: parent })
  const folder = join(parent, 'my-server')
  symlinkSync(join(EXAMPLE, 'node_modules'), join(folder, 'node_modules'))
  return { folder, remove: () => rmSync(parent, { recursive: true }) }
}

/**
 * Starts the MCP server of examples/mcp-server by its command, at a free port.
 *
 * @param nodeOptions - Options of Node.js, for the server and the threads of its function.
 * @param options - `folder`: where the server is. `resource`: its URL, if that is not its own address.
 * @returns Its URL, which is the identifier of its API, and its address.
 */
export async function startMcpServer(
  issuer: string,
  nodeOptions: string[] = [],
  { folder = EXAMPLE, resource }: { folder?: string; resource?: string } = {},
) {
  const lambdaPort = await freePort()
  const sls = join(folder, 'node_modules/.bin/sls')
  const urlOf = (port: number) => resource ?? `http://localhost:${port}/mcp`
  const server = await startServer(
    process.execPath,
    (port) => [
      ...[...nodeOptions, sls, 'offline', 'start', '--httpPort', String(port)],
      ...['--lambdaPort', String(lambdaPort), '--param', `issuer=${issuer}`],
      ...['--param', `resource=${urlOf(port)}`],
    ],
    {},
    folder,
  )
  return { url: urlOf(server.port), port: server.port, stop: server.stop }
}

/** Starts what a function URL is in front of a function: it renames a header. */
export async function startFunctionUrl() {
  let port = 0
  const server = createServer((received, response) => {
    const { method, url: path, headers } = received
    const forwarded = request({ host: 'localhost', port, method, path, headers }, (upstream) => {
      const { 'www-authenticate': challenge, ...rest } = upstream.headers
      const renamed = challenge && { 'x-amzn-remapped-www-authenticate': challenge }
      response.writeHead(upstream.statusCode ?? 502, { ...rest, ...renamed })
      upstream.pipe(response)
    })
    received.pipe(forwarded)
  })
  const { url, stop } = await listen(server)
  const forwardTo = (to: number) => {
    port = to
  }
  return { url: `${url}/mcp`, stop, forwardTo }
}

/** Sends a call of a tool as any HTTP client can. */
export async function sendCall(url: string, tool: string, token?: string) {
  const headers = {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  }
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(call) })
  const challenge = response.headers.get('WWW-Authenticate')
  // What the gateway of an HTTP API copies.
  const copied = response.headers.get('Challenge')
  return { status: response.status, challenge, copied, text: await response.text() }
}

/** What a client of the Model Context Protocol keeps on a device. */
export class Device implements OAuthClientProvider {
  readonly redirectUrl: string
  readonly clientMetadataUrl?: string
  readonly #id: string | undefined
  /** The page that the user's browser shall open. */
  asked: URL | undefined
  stored: StoredOAuthTokens | undefined
  readonly #kept: {
    information?: StoredOAuthClientInformation
    discovery?: OAuthDiscoveryState
    verifier?: string
  } = {}

  /**
   * @param id - A `client_id`, or the URL of a metadata document.
   * @param redirectUrl - Of a server on the device.
   */
  constructor(id: string, redirectUrl: string) {
    this.redirectUrl = redirectUrl
    if (id.startsWith('https:')) this.clientMetadataUrl = id
    else this.#id = id
  }

  get clientMetadata() {
    return { redirect_uris: [this.redirectUrl], token_endpoint_auth_method: 'none' }
  }

  state = () => STATE
  clientInformation: OAuthClientProvider['clientInformation'] = (context) =>
    this.#id === undefined
      ? this.#kept.information
      : { client_id: this.#id, ...(context && { issuer: context.issuer }) }
  saveClientInformation(information: StoredOAuthClientInformation) {
    this.#kept.information = information
  }
  tokens = () => this.stored
  saveTokens(tokens: StoredOAuthTokens) {
    this.stored = tokens
  }
  redirectToAuthorization(url: URL) {
    this.asked = url
  }
  codeVerifier = () => this.#kept.verifier ?? ''
  saveCodeVerifier(verifier: string) {
    this.#kept.verifier = verifier
  }
  discoveryState = () => this.#kept.discovery
  saveDiscoveryState(discovery: OAuthDiscoveryState) {
    this.#kept.discovery = discovery
  }
  invalidateCredentials(scope: string) {
    if (scope === 'all' || scope === 'tokens') this.stored = undefined
  }
}

/** Creates a client of an MCP server, which `connect` connects. */
export function createMcpClient(
  url: string,
  authProvider: OAuthClientProvider,
  mode: Revision = REVISIONS[0],
) {
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider })
  const client = new Client({ name: 'judge', version: '1.0.0' }, { versionNegotiation: { mode } })
  return {
    transport,
    connect: () => client.connect(transport),
    /** Calls a tool. Returns its text. */
    call: async (name: string) => {
      const { content } = await client.callTool({ name })
      expect(content).toEqual([{ type: 'text', text: expect.any(String) }])
      return Object(content)[0].text as string
    },
  }
}
