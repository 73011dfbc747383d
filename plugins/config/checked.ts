import config from '../../auth.config.ts'
import { reject } from '../reject.ts'
import { readApplication } from './application.ts'

// Imported before the modules that use the configuration.
const { application, faults } = readApplication(config)

/** What functions know of the application. */
export const APPLICATION = application ?? reject(...faults)

const {
  roles: _,
  administrators,
  formerRoles,
  attributes,
  theme,
  texts,
  stages = {},
  ...forAllStages
} = config

/** Values of parameters in `auth.config.ts`, by stage; `default` are those for all. */
export const CONFIGURED: Readonly<Record<string, object>> = { ...stages, default: forAllStages }
