// Of the framework, just what is used here.
interface Service {
  custom: { pages: string }
  functions: Record<string, object>
}

const PAGES = ['docs', 'signin']

/** Serverless plugin: without the parameter `pages=on`, the functions of the pages are not there at all. */
export default class PagesPlugin {
  readonly hooks: { initialize(): void }

  constructor(serverless: { service: Service }) {
    this.hooks = { initialize: () => leaveOutPages(serverless.service) }
  }
}

function leaveOutPages({ custom: { pages }, functions }: Service): void {
  if (pages === 'on') return
  for (const name of PAGES) delete functions[name]
}
