import { randomUUID } from 'node:crypto'
import type { ProviderWithSecret } from '../../lib/federation/provider.ts'

/** Returns a provider as an operator adds it. */
export const testProvider = (
  issuer: string,
  changes: Partial<ProviderWithSecret> = {},
): ProviderWithSecret => ({
  id: 'demo',
  kind: 'oidc',
  name: 'Demo',
  issuer,
  clientId: 'client',
  clientAuthentication: 'basic',
  authorizationEndpoint: `${issuer}/authorize`,
  tokenEndpoint: `${issuer}/token`,
  jwksUri: `${issuer}/jwks`,
  scope: 'openid email',
  algorithms: ['RS256'],
  mailDomains: [],
  disabled: false,
  secret: 'secret',
  changeId: randomUUID(),
  createdAt: '2026-12-01T00:00:00.000Z',
  changedAt: '2026-12-01T00:00:00.000Z',
  ...changes,
})
