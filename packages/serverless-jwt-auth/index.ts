import { createRequire } from 'node:module'
import type { Serverless } from '../../plugins/framework.d.ts'

export { defineAuth } from '../../project/define-auth.ts'

/**
 * What a project registers: `interface Register { config: typeof config }` in `auth.config.ts`. The types of handlers have the
 * project's roles and attributes by it.
 */
// biome-ignore lint/suspicious/noEmptyInterface: projects add the member.
export interface Register {}

const require = createRequire(import.meta.url)

/** Makes the Serverless plugin. It reads `auth.config.ts`, which imports this module, so it is loaded when the framework makes it. */
export default class {
  constructor(serverless: Serverless, options: object) {
    const { default: AuthPlugin } = require('../../plugins/auth.js')
    // biome-ignore lint/correctness/noConstructorReturn: the framework takes the plugin that is loaded here.
    return new AuthPlugin(serverless, options)
  }
}
