import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { faultOfGateway, HTTP_PORT, sayStarting } from '../local/starting.ts'
import { dataOf } from '../project/data.ts'
import { faultsOfOptions } from './options.ts'
import { reject } from './reject.ts'

// `npm start`. The framework takes seconds until it loads a plugin, and on a busy machine many more. So what can be said and
// refused without it stands here. The plugin does the same for `sls offline`.

const COMMANDS = ['offline', 'start']

const args = process.argv.slice(2)
const { host, httpPort, ...others } = parseArgs({
  args,
  strict: false,
  options: { host: { type: 'string', short: 'o' }, httpPort: { type: 'string' } },
}).values

sayStarting()
// The framework reports mistyped options, and the plugin the port of another file than serverless.yml.
const options = Object.fromEntries(Object.entries(others).filter(([name]) => name.length > 1))
const isLater =
  'c' in others ||
  'config' in others ||
  faultsOfOptions({ commands: COMMANDS, options }, process.env).length > 0
const { custom } = dataOf('serverless.yml') ?? {}
const written = Object(Object(custom)['serverless-offline'])
const port = Number(httpPort ?? written.httpPort ?? HTTP_PORT)
if (!isLater && !Number.isNaN(port)) {
  const fault = await faultOfGateway(port, String(host ?? written.host ?? 'localhost'))
  if (fault !== undefined) reject(fault)
}

process.argv.splice(2, 0, ...COMMANDS)
createRequire(import.meta.url)('serverless/bin/serverless.js')
