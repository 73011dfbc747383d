import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../project/origin.ts'
import type { Hooks, Resource, Serverless } from '../framework.d.ts'

interface Template {
  Resources?: Record<string, Resource>
}

/**
 * Serverless plugin: with `eventBus=off`, takes the bus out, all that belongs to it, and the stream of the table of events.
 *
 * It does so before the framework merges the resources, so that their logical ids are free for the project.
 */
export default class BusPlugin {
  readonly hooks: Hooks = {}

  constructor(serverless: Serverless) {
    const { service } = serverless
    const { mergeArrays } = service
    service.mergeArrays = () => {
      const { resources, custom } = service
      if (Array.isArray(resources) && custom.auth.eventBus === 'off') removeBus(resources)
      mergeArrays.call(service)
    }
  }
}

/**
 * Removes the bus from the templates of the plugin.
 *
 * @param templates - Those of `plugins/resources`, in the order of their names, then those of the project.
 */
function removeBus(templates: Template[]): void {
  const names = readdirSync(join(ROOT, 'plugins/resources')).sort()
  templates[names.indexOf('event-bus.yml')] = {}
  const { [names.indexOf('events.yml')]: { Resources } = {} } = templates
  delete Resources?.Events?.Properties.StreamSpecification
}
