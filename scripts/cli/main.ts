// Refuses a configuration with faults, before the modules of a command read it.
import '../../plugins/config/checked.ts'

export { main } from './run.ts'
