import { PROVIDER_KINDS } from '../federation/provider.ts'
import { object, text } from './json-schema.ts'

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
}
