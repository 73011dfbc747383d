import { DESCRIPTION } from '../../project/project.ts'
import type { Hooks, Serverless } from '../framework.d.ts'
import { reject } from '../reject.ts'

const LIST = { type: 'array', items: { type: 'string' } }

/** The properties, each with its schema. */
const PROPERTIES = { may: LIST, scopes: LIST, settings: LIST, actAs: { type: 'boolean' } }

/** Serverless plugin: lets functions have the properties that this service reads. */
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
    const taken = Object.entries(PROPERTIES).filter(([name, schema]) => !this.define(name, schema))
    if (taken.length === 0) return
    reject(
      ...taken.map(
        ([name]) =>
          `Another plugin defines the property ${name} of functions, and so does serverless-jwt-auth. Take the other plugin out of ${DESCRIPTION}.`,
      ),
    )
  }

  /** Returns whether the property was free. */
  private define(name: string, schema: object): boolean {
    try {
      this.serverless.configSchemaHandler.defineFunctionProperties('aws', {
        properties: { [name]: schema },
      })
      return true
    } catch (error) {
      if (Object(error).code !== 'SCHEMA_COLLISION') throw error
      return false
    }
  }
}
