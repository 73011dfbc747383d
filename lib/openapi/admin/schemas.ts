import { FACTORS } from '../../users/factors.ts'
import { object, text, time } from '../json-schema.ts'
import { RESPONSES } from '../schemas.ts'
import { USER_SCHEMAS } from '../user-schemas.ts'

const texts = (description: string) => ({ type: 'array', items: { type: 'string' }, description })

const found = {
  id: text('The id of the user.'),
  username: text('The username.'),
  email: text('The e-mail address. Missing without one.'),
  role: text('The role. It may be a former one.'),
  disabled: { type: 'boolean', description: 'Whether the user is disabled.' },
}

const { current: _, ...session } = RESPONSES.Session.properties

const next = text('Value of `after` for the next page. Missing on the last page.')

/** Schemas of the responses of the console's API. */
export const ADMIN_SCHEMAS = {
  Operator: object(
    'A user who may do something with the accounts of others.',
    {
      id: text('The id of the user.'),
      username: text('The username.'),
      role: text('The role.'),
      may: texts('What the user may do.'),
      over: texts('The roles of the users whom the user may help.'),
      roles: texts('All roles.'),
      attributes: {
        type: 'array',
        description: 'The attributes of users that the application defines.',
        items: object(
          'An attribute.',
          {
            name: text('The name.'),
            type: text('The type: `string`, `number` or `boolean`.'),
            values: texts('The values that a text may have.'),
          },
          ['values'],
        ),
      },
      actAs: object('Where the user may act as others. Missing with `actAs=off`.', {
        origins: texts('The origins of pages of the application.'),
        roles: texts('The roles of the users as whom the user may act.'),
      }),
    },
    ['actAs'],
  ),
  FoundUsers: object(
    'Users whom a search has found.',
    { users: { type: 'array', items: object('A user.', found, ['email']) }, next },
    ['next'],
  ),
  AdministeredUser: object(
    'A user, and what decides whether the user can sign in.',
    {
      ...found,
      emailVerified: { type: 'boolean', description: 'Whether the user has proved to own the address.' },
      locale: USER_SCHEMAS.Me.properties.locale,
      factors: {
        type: 'array',
        items: { type: 'string', enum: FACTORS },
        description: 'The second factors.',
      },
      mustEnrol: {
        type: 'boolean',
        description: 'Whether the user must have a second factor under any policy.',
      },
      attributes: USER_SCHEMAS.Me.properties.attributes,
      createdAt: time('When the user was created.'),
      changedAt: USER_SCHEMAS.Me.properties.changedAt,
      externalId: USER_SCHEMAS.Me.properties.externalId,
      identities: {
        type: 'array',
        items: object(
          'What the user signs in with at a provider.',
          {
            provider: text('The id of the provider.'),
            label: text('The address or name there.'),
            createdAt: time('When the user added it.'),
            lastUsedAt: time('When the user last signed in with it.'),
          },
          ['lastUsedAt'],
        ),
      },
      signIn: object(
        'What decides whether the user can sign in.',
        {
          last: object('The last sign-in of 180 days, among the latest 1,000 events.', {
            at: time('When it was.'),
          }),
          wrongPasswords: {
            type: 'integer',
            minimum: 0,
            description: 'Wrong passwords that limits count now.',
          },
          factorReset: object(
            'A reset of the second factors that an operator has requested.',
            { announcedAt: time('When its mail was sent. Missing before.') },
            ['announcedAt'],
          ),
        },
        ['last', 'factorReset'],
      ),
    },
    ['email', 'locale', 'mustEnrol', 'attributes', 'externalId'],
  ),
  SessionsOfUser: object(
    'The sessions of a user, the newest first.',
    { sessions: { type: 'array', items: object('A session that has not ended.', session) }, next },
    ['next'],
  ),
}

/** Name of one of {@link ADMIN_SCHEMAS}. */
export type AdminSchema = keyof typeof ADMIN_SCHEMAS

/** Headers of the responses of the console's API. */
export const ADMIN_HEADERS = {
  UserVersion: {
    description: 'The version of the user, for the header `If-Match` of a change.',
    required: true,
    schema: { type: 'string', pattern: '^"[A-Za-z0-9_-]+"$' },
    example: '"c9a3a7e1-7a51-4f4e-8a53-1c1f5c3b5a52"',
  },
}
