import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../support/process/service-description.ts'
import { type Configuration, type Foreign, foreignProject, packagedTwice } from './foreign.ts'
import { startOffline } from './offline.ts'
import { PACKAGES } from './others.ts'
import { signIn } from './project.ts'
import { expectSame } from './same.ts'

/** Each has the form of a public project. The project `shop` has tests of its own. */
const FORMS = readdirSync(join(root, 'test/package/foreign')).filter((name) => name !== 'shop')

test.each(FORMS)('a project of the form %s keeps what it has, and protects a route', async (form) => {
  const project = projectOf(form)
  const [before, after] = await packagedTwice(project, (configuration) => mend(form, configuration))
  expect(expectSame(before, after).resources).toBeGreaterThan(5)

  project.write((configuration) => {
    mend(form, configuration)
    protect(form, configuration)
  })
  const { url, output, stop } = await startOffline(project)
  onTestFinished(stop)
  expect((await fetch(`${url}/mine`)).status).toBe(401)
  expect(await (await signIn(url, 'user'))('/mine'), output()).toMatchObject({ status: 200 })
})

test.each([
  ['custom-authorizer', 'No function may have the name auth, because authorizer: auth has it. Rename yours'],
  ['express', 'Take provider.stage out: --stage sets it, and its default is dev.'],
])('a project of the form %s is refused with the way out', async (form, text) => {
  const project = projectOf(form)
  project.write()
  const { status, stderr } = await project.run(['package'])
  expect(status).toBe(1)
  expect(stderr).toContain(text)
})

function projectOf(form: string): Foreign {
  const project = foreignProject(`foreign/${form}`, PACKAGES)
  onTestFinished(() => project.remove())
  return project
}

/** Changes what the message of the package asks for. */
function mend(form: string, { functions, provider }: Configuration): void {
  if (form === 'express') delete provider.stage
  if (form !== 'custom-authorizer') return
  const { auth, privateEndpoint } = functions
  delete functions.auth
  Object.assign(functions, { gate: auth })
  Object(privateEndpoint).events[0].http.authorizer = 'gate'
}

/** Protects the route `GET /mine`. */
function protect(form: string, configuration: Configuration): void {
  const { functions } = configuration
  if (form === 'boilerplate') {
    const mine = {
      handler: 'src/typed.list',
      events: [{ http: { path: 'mine', method: 'get', authorizer: 'auth' } }],
    }
    Object.assign(configuration, { functions: [Object(functions)[0], { mine }] })
    return
  }
  const [event] = Object(functions.mine).events
  Object.assign(event.http ?? event.httpApi, { authorizer: 'auth' })
}
