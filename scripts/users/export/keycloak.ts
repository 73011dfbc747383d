import { base32Of } from '../../../lib/factors/totp/totp.ts'
import { readPhc } from '../../../lib/passwords/phc.ts'
import { allowedAttributes, hasFormerAttributes } from '../attributes.ts'
import { type Lose, loseSecret, takeHash } from './losses.ts'
import type { UserRecord } from './records.ts'
import { isOff, providerNameOf, type System } from './systems.ts'

const MANAGED = { permissions: { view: ['admin', 'user'], edit: ['admin', 'user'] } }

/**
 * The profile of users. Without it, Keycloak hides all attributes that its profile does not name, and demands a first and a last name
 * at the next sign-in. Only administrators change the other attributes, as here.
 *
 * @see https://www.keycloak.org/docs/latest/server_admin/index.html#user-profile
 */
const USER_PROFILE = {
  unmanagedAttributePolicy: 'ADMIN_EDIT',
  attributes: [
    { name: 'username', ...MANAGED },
    { name: 'email', ...MANAGED },
  ],
}

const COMPONENTS = {
  'org.keycloak.userprofile.UserProfileProvider': [
    {
      providerId: 'declarative-user-profile',
      config: { 'kc.user.profile.config': [JSON.stringify(USER_PROFILE)] },
    },
  ],
}

/**
 * A realm with users and roles, for `kc.sh import` and for a partial import. Keycloak's own classes say what a credential has:
 * `Argon2PasswordHashProvider` and `OTPCredentialModel`.
 */
export const keycloak: System = {
  files(records, lose, { realm }) {
    const roles = [...new Set(records.map(({ user }) => user.role))].map((name) => ({ name }))
    const head = { realm, enabled: true, roles: { realm: roles }, components: COMPONENTS }
    const defaultRole = `default-roles-${realm.toLowerCase()}`
    // All are converted here, so that all losses are known before the first part is read.
    const users = records.map((record) => JSON.stringify(userOf(record, defaultRole, lose)))
    return [{ name: 'realm.json', parts: realmParts(head, users) }]
  },
}

/** Returns the text of the realm in parts. */
function realmParts(head: object, users: readonly string[]): string[] {
  const start = JSON.stringify(head).slice(0, -1)
  return [`${start},"users":[`, ...users.map((user, index) => (index === 0 ? user : `,\n${user}`)), ']}\n']
}

function userOf(record: UserRecord, defaultRole: string, lose: Lose): object {
  const { user, identities } = record
  const otp = otpOf(record)
  loseRest(record, lose)
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    emailVerified: user.emailVerified,
    enabled: !isOff(user),
    createdTimestamp: Date.parse(user.createdAt),
    attributes: attributesOf(record),
    // Its importer gives users no default role (`DefaultExportImportManager.createUser`). Without it they cannot use their account there.
    realmRoles: [defaultRole, user.role],
    credentials: [...passwordOf(record, lose), ...otp],
    federatedIdentities: identities.map((identity) => ({
      identityProvider: providerNameOf(identity),
      userId: identity.subject,
      userName: identity.label,
    })),
    // Who had a second factor must not sign in without one. Keycloak takes no other here than an app.
    requiredActions: (user.mustEnrol || user.factors) && otp.length === 0 ? ['CONFIGURE_TOTP'] : [],
  }
}

/** Notes what Keycloak has no place for. */
function loseRest(record: UserRecord, lose: Lose): void {
  const { user, recoveryCodes, passkeys } = record
  loseSecret(record, lose)
  if (recoveryCodes) lose(record, 'recovery codes')
  // It compares the user handle of a passkey with the text of the user's id there (`WebAuthnAuthenticator`). Here it is 16 bytes.
  if (passkeys.length > 0) lose(record, 'passkeys')
  if (user.emailAsWritten !== undefined) lose(record, 'capital letters of addresses')
  if (hasFormerAttributes(user)) lose(record, 'values of attributes that the configuration does not allow')
}

const attributesOf = ({ user }: UserRecord) =>
  Object.fromEntries(
    Object.entries({ ...allowedAttributes(user), externalId: user.externalId, locale: user.locale })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, [String(value)]]),
  )

function passwordOf(record: UserRecord, lose: Lose): object[] {
  const text = takeHash(record, ['argon2id', 'argon2i'], lose)
  const hash = text === undefined ? undefined : readPhc(text)
  if (hash === undefined) return []
  const { cost, tag, salt, variant } = hash
  const additionalParameters = {
    version: ['1.3'],
    type: [variant.replace('argon2', '')],
    hashLength: [String(tag.length)],
    memory: [String(cost.memoryKiB)],
    parallelism: [String(cost.parallelism)],
  }
  return [
    {
      type: 'password',
      secretData: JSON.stringify({
        value: tag.toString('base64'),
        salt: salt.toString('base64'),
        additionalParameters: {},
      }),
      credentialData: JSON.stringify({
        hashIterations: cost.passes,
        algorithm: 'argon2',
        additionalParameters,
      }),
    },
  ]
}

const otpOf = ({ totp, totpSecret }: UserRecord): object[] =>
  totp === undefined || totpSecret === undefined
    ? []
    : [
        {
          type: 'otp',
          createdDate: Date.parse(totp.createdAt),
          secretData: JSON.stringify({ value: base32Of(totpSecret) }),
          credentialData: JSON.stringify({
            subType: 'totp',
            digits: 6,
            counter: 0,
            period: 30,
            algorithm: 'HmacSHA1',
            secretEncoding: 'BASE32',
          }),
        },
      ]
