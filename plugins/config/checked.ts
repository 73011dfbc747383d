import config from '../../auth.config.ts'
import { reject } from '../reject.ts'
import { faultsOfConfig } from './faults.ts'

// Imported before the modules that use the configuration.
const faults = faultsOfConfig(config)
if (faults.length > 0) reject(...faults.map((fault) => `auth.config.ts: ${fault}`))

const { roles, administrators, formerRoles, attributes, stages = {}, ...forAllStages } = config

/** What functions know of the application. */
export const APPLICATION = { roles, administrators, formerRoles, attributes }

/** Values of parameters in `auth.config.ts`, by stage; `default` are those for all. */
export const CONFIGURED: Readonly<Record<string, object>> = { ...stages, default: forAllStages }
