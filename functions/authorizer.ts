import { authorizer, decideAbout } from '../lib/http/authorizer.ts'
import { publicKeyCache } from '../lib/tokens/public-keys.ts'

const publicKeys = publicKeyCache()

/** The authorizer of both APIs. With `actAs=on` it is `functions/admin/authorizer.ts`. */
export const handler = authorizer([], (_event, at, presented) => decideAbout(at, presented, publicKeys))
