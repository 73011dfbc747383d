import config from '../../auth.config.ts'
import { CONFIGURATION } from '../../project/project.ts'
import { rejectAny } from '../reject.ts'
import { faultsOfConfig } from './faults.ts'

// Not `checked.ts`: it also refuses words that are missing, which `npm run texts` adds.
rejectAny(faultsOfConfig(config).map((fault) => `${CONFIGURATION}: ${fault}`))

/** What the application says, without the words in its files. */
export const WELL_FORMED = config
