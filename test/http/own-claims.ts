import { vi } from 'vitest'
import { attributeClaims, userAttributesOf, withClaim } from '../../lib/application/attributes.ts'

// What the attributes of `auth.config.ts` add to responses of the running service and of bundles. `fresh-modules.ts` hides them from
// the other tests.

const { default: config } =
  await vi.importActual<typeof import('../../auth.config.ts')>('../../auth.config.ts')
const { attributes = {} }: Parameters<typeof import('../../project/define-auth.ts').defineAuth>[0] = config

/** Claims of a user without stored attributes. */
export const OWN_CLAIMS = attributeClaims({}, attributes)

/** What `GET /me` has of such a user. */
export const OWN_ATTRIBUTES =
  Object.keys(attributes).length > 0 ? { attributes: userAttributesOf({}, attributes) } : {}

const claimed = withClaim(attributes)

/** What the authorizer adds to its context for such a user. */
export const OWN_CONTEXT =
  Object.keys(claimed).length > 0 ? { attributes: JSON.stringify(userAttributesOf({}, claimed)) } : {}
