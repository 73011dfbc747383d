import { read } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { PROVIDER } from './provider.ts'

/** Lists identity providers, without their secrets. */
export const listProviders = read(['providers'], namesOf(PROVIDER), 'Query')
