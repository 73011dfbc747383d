import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { type Package, packageChangedProd, packageWithoutDevices } from './packaged.ts'
import { unzip } from './unzip.ts'

// What `deviceBoundSessions=on` adds to a deployment, and that `off` leaves nothing of it but what is named here.

const [on, off] = await Promise.all([packageChangedProd(), packageWithoutDevices()])

test('deviceBoundSessions=on adds a function with one path of the gateway and an alarm with its filters, and takes none away', () => {
  const added = idsIn(on).filter((id) => !idsIn(off).includes(id))
  expect(idsIn(off).filter((id) => !idsIn(on).includes(id))).toEqual([])
  expect(added.sort()).toEqual([
    'ApiGatewayMethodSessionsIdVarPost',
    'AuthorizerLogGroupCopiedSessions',
    'DeviceIamRoleLambdaExecution',
    'DeviceLambdaFunction',
    'DeviceLambdaPermissionApiGateway',
    'LogGroupCopiedSessions',
    'SessionUnboundAlarm',
  ])
})

test('the template of deviceBoundSessions=off has nothing of it', () => {
  const template = readFileSync(`${off.folder}/cloudformation-template-update-stack.json`, 'utf8')
  expect(template.match(new RegExp(`.{40}(${OF_DEVICES.source}).{40}`, 'gi'))).toBeNull()
})

test('the bundles of deviceBoundSessions=off have nothing of it but what pages and the description share', () => {
  expect(wordsIn(on).login).toContain('secure-session-registration')
  expect(wordsIn(off)).toEqual({
    'account-pages': CLIENT,
    authorize: CLIENT,
    signin: [...CLIENT, ...BADGE].sort(),
    console: [...CLIENT, ...BADGE].sort(),
    openapi: PROBLEMS,
  })
})

/** The client of the pages is one file for all services. */
const CLIENT = ['device_required']

/** Scripts of pages know the badge, because others would need eight more handlers of pages. */
const BADGE = ['devicebound', 'tied to its device']
/** One table has the problems of all features. */
const PROBLEMS = [
  'device_busy',
  'device_challenge',
  'device_required',
  'devicechallenge',
  'secure-session-challenge',
]

/** Words of it. */
const OF_DEVICES =
  /secure-session-\w+|__Host-bound|sessions\/(bind|renew)|session\.(un)?bound|device_\w+|deviceBound\w*|deviceChallenge|dbsc|tied to its device/i

/** Returns the words of devices in each bundle that has some. */
function wordsIn({ folder }: Package): Record<string, string[]> {
  const archives = globSync(`${folder}/*.zip`)
  expect(archives.length).toBeGreaterThan(20)
  return Object.fromEntries(
    archives.flatMap((archive) => {
      const bundles = [...unzip(readFileSync(archive))].filter(([name]) => name.endsWith('.cjs'))
      const text = bundles.map(([, content]) => content.toString()).join()
      const words = [...text.matchAll(new RegExp(OF_DEVICES, 'gi'))].map(([word]) => word.toLowerCase())
      return words.length > 0 ? [[basename(archive, '.zip'), [...new Set(words)].sort()]] : []
    }),
  )
}

const idsIn = ({ resources }: Package) =>
  // The name of a deployment is a hash of the API.
  Object.keys(resources).filter((id) => !id.startsWith('ApiGatewayDeployment'))
