import type { Hooks, Serverless, Service } from './framework.d.ts'

const PAGES = ['docs', 'signin']

/** Serverless plugin: removes the functions of the pages unless the parameter `pages` is `on`. */
export default class PagesPlugin {
  readonly hooks: Hooks

  constructor({ service }: Serverless) {
    this.hooks = { initialize: () => removePages(service) }
  }
}

function removePages({ custom: { pages }, functions }: Service): void {
  if (pages === 'on') return
  for (const name of PAGES) delete functions[name]
}
