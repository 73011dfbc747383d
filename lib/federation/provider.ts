import {
  attribute,
  flag,
  getItems,
  type Item,
  optionalFlag,
  optionalText,
  queryProjectionOf,
  type Table,
  type TransactWrite,
  text,
  texts,
} from '../aws/dynamodb.ts'
import { type Attributes, namesOf, type Read, type ValuesOf, valuesOf } from '../aws/item.ts'

/**
 * Kinds of identity providers. The kind decides which claims are read, and whether an address counts:
 * - `oidc`: any OpenID Provider;
 * - `google`, `apple`;
 * - `entra`: one tenant of Microsoft Entra ID;
 * - `github`: OAuth 2.0 without an id_token.
 */
export const PROVIDER_KINDS = ['oidc', 'google', 'apple', 'entra', 'github'] as const

export type ProviderKind = (typeof PROVIDER_KINDS)[number]

/** How this service proves to a provider who it is: a secret in the header or the body, or a JWT that Apple's key signs. */
export const CLIENT_AUTHENTICATIONS = ['basic', 'post', 'apple'] as const

export type ClientAuthentication = (typeof CLIENT_AUTHENTICATIONS)[number]

/** Attributes of an identity provider, without its secret. Only operators write them. */
export const PROVIDER = {
  /** Never changes, as the issuer: another kind or issuer is another provider. */
  kind: text as Read<ProviderKind>,
  /** On the button: "Continue with …". */
  name: text,
  /** Compared with `iss` as text. For GitHub the address of the site. */
  issuer: text,
  clientId: text,
  clientAuthentication: text as Read<ClientAuthentication>,
  /** Of the discovery document when an operator added the provider. Nothing is looked up when a user signs in. */
  authorizationEndpoint: text,
  tokenEndpoint: text,
  /** Missing for GitHub, whose users are found by an API. */
  jwksUri: optionalText,
  /** Scopes, separated by spaces. */
  scope: text,
  /** Values of `alg` that an id_token may have: asymmetric ones. */
  algorithms: texts,
  /** Whether responses name the issuer (RFC 9207): then one without `iss` is refused. */
  sendsIssuer: optionalFlag,
  /** Domains whose mailboxes the provider runs: an address there that it vouches for needs no mail. */
  mailDomains: texts,
  /** Team and key of Apple's client secret. */
  appleTeamId: optionalText,
  appleKeyId: optionalText,
  disabled: flag,
  /** Random id of the latest change. Every change, and every decision that waits, has it as a condition. */
  changeId: text,
  /** ISO 8601 times. Nothing depends on them. */
  createdAt: text,
  changedAt: text,
} satisfies Attributes

/** A stored identity provider. */
export interface Provider extends ValuesOf<typeof PROVIDER> {
  /** A part of paths and of redirect URIs. */
  id: string
}

/** The client secret, or Apple's private key in PKCS #8, as `secret.ts` encrypts it. */
export const PROVIDER_SECRET = { secret: text } satisfies Attributes

/** A provider with its encrypted secret. */
export type ProviderWithSecret = Provider & ValuesOf<typeof PROVIDER_SECRET>

/** Partition of all providers. */
const PROVIDERS = 'providers'

/** Returns the key of a provider's item. */
export const providerKey = (id: string) => ({ pk: { S: PROVIDERS }, sk: { S: id } })

/** Whether a value is the id of a provider. */
export const isProviderId = (value: unknown): value is string =>
  typeof value === 'string' && /^[a-z][a-z0-9-]{1,31}$/.test(value)

/** Whether an algorithm has public keys. With others, a client secret that leaks could sign an id_token. */
export const isAsymmetric = (algorithm: string): boolean =>
  /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/.test(algorithm)

/** Whether a text is a GUID in lower case: the id of a tenant or a user of Microsoft Entra ID. */
export const isGuid = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)

/** Returns the redirect URI of a provider, which operators register there. Each provider has its own one, so none can pass for another. */
export const redirectUriOf = (publicUrl: string, id: string): string => `${publicUrl}/signin/${id}`

/** Returns the provider of an item. */
const providerIn = (item: Item): Provider => ({ id: text(item, 'sk'), ...valuesOf(PROVIDER, item) })

/** Returns the provider of an item, with its encrypted secret. */
const providerWithSecretIn = (item: Item): ProviderWithSecret => ({
  ...providerIn(item),
  ...valuesOf(PROVIDER_SECRET, item),
})

/**
 * Finds a provider and its encrypted secret with a consistent read. Nothing caches it, so disabling a provider has an effect at once.
 *
 * @param id - As a request has it.
 * @returns The provider, also if it is disabled.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findProvider(table: Table, id: string): Promise<ProviderWithSecret | undefined> {
  if (!isProviderId(id)) return undefined
  const [item] = await getItems(table, [providerKey(id)], [...namesOf(PROVIDER), ...namesOf(PROVIDER_SECRET)])
  return item && providerWithSecretIn(item)
}

/**
 * Returns the condition that a provider has not changed since it responded, and is not disabled. It is a part of the transaction of
 * every decision that waits.
 */
export const unchangedProvider = (id: string, changeId: string): TransactWrite => ({
  ConditionCheck: {
    Key: providerKey(id),
    ConditionExpression: 'changeId = :changeId AND disabled = :disabled',
    ExpressionAttributeValues: { ':changeId': attribute(changeId), ':disabled': attribute(false) },
  },
})

/**
 * Finds the names of providers with one consistent read.
 *
 * @returns By id; a provider that was removed is missing.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findProviderNames(table: Table, ids: readonly string[]): Promise<Map<string, string>> {
  const unique = [...new Set(ids)]
  const items = unique.length > 0 ? await getItems(table, unique.map(providerKey), ['name']) : []
  return new Map(items.flatMap((item) => (item ? [[text(item, 'sk'), text(item, 'name')]] : [])))
}

/**
 * Finds all providers with one consistent query, also those that are disabled. A service has few: all are in one page.
 *
 * @returns The providers in the order of their ids, without secrets.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findProviders({ aws, name }: Table): Promise<Provider[]> {
  const { ExpressionAttributeNames, ...projection } = queryProjectionOf(namesOf(PROVIDER))
  const { Items } = await aws('dynamodb', 'Query', {
    TableName: name,
    // Disabling one counts at once.
    ConsistentRead: true,
    KeyConditionExpression: '#pk = :pk',
    ...projection,
    ExpressionAttributeNames,
    ExpressionAttributeValues: { ':pk': { S: PROVIDERS } },
  })
  return ((Items as Item[] | undefined) ?? []).map(providerIn)
}
