import config from '../../auth.config.ts'
import { reject } from '../reject.ts'
import { parametersIn, readApplication } from './application.ts'

// Imported before the modules that use the configuration.
const { application, faults } = readApplication(config)

/** What functions know of the application. */
export const APPLICATION = application ?? reject(...faults)

/** Values of parameters in `auth.config.ts`, by stage; `default` are those for all. */
export const CONFIGURED = parametersIn(config)
