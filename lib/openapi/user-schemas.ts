import { ATTRIBUTES } from '../application/attributes.ts'
import { ROLES } from '../application/roles.ts'
import { FACTORS } from '../users/factors.ts'
import { object, text, time } from './json-schema.ts'

/** Schemas of the application's attributes by name. */
const ATTRIBUTE_SCHEMAS = Object.fromEntries(
  Object.entries(ATTRIBUTES).map(([name, definition]) => [
    name,
    {
      type: definition.type,
      ...('values' in definition && definition.values && { enum: definition.values }),
      description: `The attribute \`${name}\` of the application.`,
    },
  ]),
)

/** Schemas of the attributes with a claim, by claim. */
const CLAIM_SCHEMAS = Object.fromEntries(
  Object.entries(ATTRIBUTES).flatMap(([name, { claim }]) =>
    claim === undefined ? [] : [[claim, ATTRIBUTE_SCHEMAS[name] ?? {}]],
  ),
)

/** Only an application defines such claims, so the type of the schemas has none of them. */
const CLAIM_NAMES = Object.keys(CLAIM_SCHEMAS) as never[]

export const role = {
  type: 'string',
  enum: ROLES,
  description: 'The role, which determines the permitted routes.',
}

const user = {
  sub: text('The opaque id of the user, which never changes.'),
  username: text('The username.'),
  role,
  email: text('The e-mail address that the user can sign in with. Missing without one.'),
  email_verified: {
    type: 'boolean',
    description: 'Whether the user has shown that the address is the user’s own.',
  },
}

const locale = text(
  'The language of mails to the user, as a BCP 47 tag. Missing if the user has chosen none.',
)

/** Schemas of an account for its user. */
export const USER_SCHEMAS = {
  UserInfo: object(
    'The caller, as stored now. For an app, what its scopes allow.',
    {
      ...user,
      preferred_username: text('The username, for an app with the scope `profile`.'),
      locale,
      ...CLAIM_SCHEMAS,
    },
    ['username', 'role', 'email', 'email_verified', 'preferred_username', 'locale', ...CLAIM_NAMES],
  ),
  Me: object(
    'The caller’s profile, without password hash and internal values.',
    {
      ...user,
      emailAsWritten: text('The address as mails are sent to it, if it has upper case.'),
      locale,
      createdAt: time('When the user was created.'),
      changedAt: time('When an address, a name, the role, the password or the state last changed.'),
      ...CLAIM_SCHEMAS,
      attributes: object(
        'The attributes of the application. Missing if it has none.',
        ATTRIBUTE_SCHEMAS,
        Object.keys(ATTRIBUTE_SCHEMAS),
      ),
      factors: {
        type: 'array',
        items: { type: 'string', enum: FACTORS },
        description: 'The user’s second factors.',
      },
      recoveryCodesLeft: {
        type: 'integer',
        minimum: 0,
        description: 'How many recovery codes are left. Missing without a second factor.',
      },
      externalId: text(
        'The user’s id in the program that the user was imported from, if an operator kept it.',
      ),
    },
    [
      'email',
      'email_verified',
      'emailAsWritten',
      'locale',
      'recoveryCodesLeft',
      'externalId',
      'attributes',
      ...CLAIM_NAMES,
    ],
  ),
}
