import { PROVIDER_KINDS } from '../federation/provider.ts'
import { object, text, time } from './json-schema.ts'

const waiting = {
  provider: object('The identity provider.', { id: text('Its id.'), name: text('Its name.') }),
  label: text('The identity, as the provider names it: an address, a login or the end of its id.'),
  identityToken: text('The identity. It is valid for 15 minutes in this browser, once.'),
}

/** Schemas of responses about identity providers. */
export const FEDERATION_SCHEMAS = {
  Providers: object('The identity providers that users can sign in with.', {
    providers: {
      type: 'array',
      items: object('An identity provider.', {
        id: text('The id of the provider, for `POST /login/provider/options`.'),
        name: text('The name on the button of the sign-in page.'),
        kind: { type: 'string', enum: [...PROVIDER_KINDS] },
      }),
    },
  }),
  Identities: object('What a user signs in with at providers.', {
    identities: {
      type: 'array',
      items: object(
        'An identity at a provider.',
        {
          id: text('The id of the identity.'),
          provider: text('The id of the provider.'),
          name: text('The name of the provider.'),
          label: text('What the provider calls the user: an address, for example.'),
          createdAt: time('When the identity was added.'),
          lastUsedAt: time('The last sign-in with it.'),
        },
        ['lastUsedAt'],
      ),
    },
    hasPassword: { type: 'boolean', description: 'Whether the account has a password.' },
  }),
  AuthorizationUrl: object('The address of a provider.', {
    authorizationUrl: text('The URL to lead the browser to.'),
  }),
  WaitingIdentity: object(
    'The identity has no user. `POST /register/provider` creates one.',
    {
      next: { type: 'string', const: 'identity' },
      ...waiting,
      email: text('The address that the provider named.'),
      isProven: {
        type: 'boolean',
        description: 'Whether the provider runs its mailbox, so that the address needs no mail.',
      },
    },
    ['email'],
  ),
  WaitingLink: object('The identity can be added to the account. `POST /identities` adds it.', {
    next: { type: 'string', const: 'link' },
    ...waiting,
  }),
}
