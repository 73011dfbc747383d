import { DESCRIPTION } from '../../project/project.ts'
import type { Hooks, Serverless } from '../framework.d.ts'
import { reject } from '../reject.ts'

const LISTS = ['may', 'scopes', 'settings']

/** Serverless plugin: lets functions have the lists that this service reads. */
export default class PropertiesPlugin {
  readonly hooks: Hooks = {}
  private readonly serverless: Serverless

  constructor(serverless: Serverless) {
    this.serverless = serverless
  }

  /**
   * The framework accepts one definition of a property. All plugins have been constructed, so another definition is found in each order
   * of the plugins.
   */
  async asyncInit(): Promise<void> {
    const taken = LISTS.filter((name) => !this.define(name))
    if (taken.length === 0) return
    reject(
      ...taken.map(
        (name) =>
          `Another plugin defines the property ${name} of functions, and so does serverless-jwt-auth. Take the other plugin out of ${DESCRIPTION}.`,
      ),
    )
  }

  /** Returns whether the property was free. */
  private define(name: string): boolean {
    try {
      this.serverless.configSchemaHandler.defineFunctionProperties('aws', {
        properties: { [name]: { type: 'array', items: { type: 'string' } } },
      })
      return true
    } catch (error) {
      if (Object(error).code !== 'SCHEMA_COLLISION') throw error
      return false
    }
  }
}
