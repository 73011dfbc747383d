import { expect, test } from 'vitest'
import type { Serverless } from '../framework.d.ts'
import { settingsOfLocalAws } from './local-aws.ts'

const pattern = { 'detail-type': ['user.created'] }
const ruleOn = (id: string) => [{ eventBridge: { eventBus: { 'Fn::GetAtt': [id, 'Name'] }, pattern } }]
const publisher = { 'publish-event': { name: 'dev-publish-event' } }

test('events invoke the functions that have a rule on the bus of the service', () => {
  const others = { count: { name: 'dev-count', events: ruleOn('OtherBus') }, plain: { name: 'dev-plain' } }
  const functions = { ...publisher, ...others, welcome: { name: 'dev-welcome', events: ruleOn('EventBus') } }
  expect(eventsOf(functions)).toMatchObject({
    publisher: 'dev-publish-event',
    bus: 'dev',
    subscribers: [{ key: 'welcome', functionName: 'dev-welcome', pattern }],
  })
})

test.each<[string, object, string[]]>([
  ['without such a function', publisher, ['offline']],
  ['with eventBus=off', { welcome: { name: 'dev-welcome', events: ruleOn('EventBus') } }, ['offline']],
  [
    'in sls invoke local',
    { ...publisher, welcome: { name: 'dev-welcome', events: ruleOn('EventBus') } },
    ['invoke', 'local'],
  ],
])('%s, no event leaves the table', (_what, functions, commands) => {
  expect(eventsOf(functions, commands)).toBeUndefined()
})

function eventsOf(functions: object, commands = ['offline']) {
  const service = { functions, custom: { auth: { prefix: 'dev' } } }
  return settingsOfLocalAws({ service, processedInput: { commands } } as never as Serverless, () => '').events
}
