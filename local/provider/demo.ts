import { randomBytes, randomUUID } from 'node:crypto'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { type ProviderWithSecret, redirectUriOf } from '../../lib/federation/provider.ts'
import { encryptProviderSecret } from '../../lib/federation/secret.ts'
import { createProvider as storeProvider } from '../../lib/federation/store.ts'
import { type LocalAws, localAct } from '../aws.ts'
import { listenAnywhere } from '../ports.ts'
import { createProvider, MAIL_DOMAIN } from './provider.ts'

/** Id of the provider that exists on a developer's machine only. */
const DEMO_PROVIDER = 'demo'

const PATIENCE_MS = 10_000

/** Where the service keeps its providers, and its own address. */
interface ServiceNames {
  tableName: string
  factorKey: string
  /** Base URL of its pages. */
  publicUrl: unknown
}

/**
 * Starts a stand-in for an identity provider, and adds it to the providers of the local service: "Continue with Demo". It needs no
 * internet. It is at 127.0.0.1, which is another site for a browser than localhost, as those of real providers are.
 *
 * @param taken - Whether a program that starts later wants a port.
 */
export async function addDemoProvider(
  { settings }: Pick<LocalAws, 'settings'>,
  { tableName, factorKey, publicUrl }: ServiceNames,
  taken: (port: number) => boolean = () => false,
): Promise<void> {
  const clientId = 'service'
  const secret = randomBytes(16).toString('base64url')
  const redirectUri = redirectUriOf(String(publicUrl), DEMO_PROVIDER)
  let issuer = ''
  const server = createProvider({ id: clientId, secret, redirectUri }, () => issuer)
  server.unref()
  server.on('connection', (socket) => socket.unref())
  issuer = (await listenAnywhere(server, taken)).origin
  const aws = withTimeout(awsClient(settings), PATIENCE_MS)
  const ciphertext = await encryptProviderSecret(aws, factorKey, DEMO_PROVIDER, secret)
  const provider = { id: DEMO_PROVIDER, ...providerAt(issuer, clientId), secret: ciphertext }
  await storeProvider({ aws, name: tableName }, provider, localAct(new Date()))
}

function providerAt(issuer: string, clientId: string): Omit<ProviderWithSecret, 'id' | 'secret'> {
  const now = new Date().toISOString()
  return {
    kind: 'oidc',
    name: 'Demo',
    issuer,
    clientId,
    clientAuthentication: 'basic',
    authorizationEndpoint: `${issuer}/authorize`,
    tokenEndpoint: `${issuer}/token`,
    jwksUri: `${issuer}/jwks`,
    scope: 'openid email',
    algorithms: ['RS256'],
    sendsIssuer: true,
    mailDomains: [MAIL_DOMAIN],
    disabled: false,
    changeId: randomUUID(),
    createdAt: now,
    changedAt: now,
  }
}
