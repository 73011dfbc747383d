import type { ClientAuthentication, ProviderKind } from '../../lib/federation/provider.ts'

/** What a kind decides about a provider. */
export interface KindRules {
  /** Default of the name on the button. Missing if it is the id. */
  name?: string
  /** The one issuer of the kind. */
  issuer?: string
  /** What is asked for, separated by spaces. No name is: an account has none. */
  scope: string
  /** How this service proves who it is, unless the operator says something else. */
  clientAuthentication: ClientAuthentication
}

/** Rules by kind. */
export const KINDS: Record<ProviderKind, KindRules> = {
  google: {
    name: 'Google',
    issuer: 'https://accounts.google.com',
    scope: 'openid email',
    clientAuthentication: 'post',
  },
  apple: {
    name: 'Apple',
    issuer: 'https://appleid.apple.com',
    scope: 'openid email',
    clientAuthentication: 'apple',
  },
  // The scope profile brings the claim `oid`.
  entra: {
    name: 'Microsoft',
    scope: 'openid profile email',
    clientAuthentication: 'post',
  },
  github: {
    name: 'GitHub',
    issuer: 'https://github.com',
    scope: 'user:email',
    clientAuthentication: 'post',
  },
  // The default of a registration (OpenID Connect Dynamic Client Registration section 2).
  oidc: { scope: 'openid email', clientAuthentication: 'basic' },
}

/** GitHub has no discovery document. https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
export const GITHUB = {
  authorizationEndpoint: 'https://github.com/login/oauth/authorize',
  tokenEndpoint: 'https://github.com/login/oauth/access_token',
  algorithms: [] as string[],
}

/** Hosts whose issuers are of another kind than `oidc`, whose rules about addresses differ. */
const NAMED_HOSTS: ReadonlyMap<string, ProviderKind> = new Map([
  ['accounts.google.com', 'google'],
  ['appleid.apple.com', 'apple'],
  ['account.apple.com', 'apple'],
  ['login.microsoftonline.com', 'entra'],
  ['sts.windows.net', 'entra'],
  ['github.com', 'github'],
])

/** Returns the named kind that an issuer is of, if it is of one. */
export const namedKindOf = (issuer: string): ProviderKind | undefined =>
  NAMED_HOSTS.get(new URL(issuer).hostname.replace(/\.$/, ''))

/** Returns the issuer of a tenant of Microsoft Entra ID. */
export const entraIssuer = (tenant: string): string => `https://login.microsoftonline.com/${tenant}/v2.0`
