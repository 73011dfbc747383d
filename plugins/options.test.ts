import { describe, expect, test } from 'vitest'
import { faultsOfOptions } from './options.ts'

describe('an option that is not known', () => {
  test.each([
    [['offline', 'start'], 'htpPort', 'Unknown option --htpPort. Did you mean --httpPort?'],
    [['offline'], 'parm', 'Unknown option --parm. Did you mean --param?'],
    [['deploy'], 'stag', 'Unknown option --stag. Did you mean --stage?'],
    [['deploy'], 'colour', 'Unknown option --colour.'],
  ])('of %j, --%s, is rejected', (commands, name, fault) => {
    expect(faultsOfOptions({ commands, options: { [name]: 'x' } as object }, {})).toEqual([fault])
  })

  test('of another plugin is accepted, and suggested', () => {
    const plugins = [
      {
        deploy: { options: { 'skip-tests': {} } },
        offline: { commands: { start: { options: { watch: {} } } } },
      },
    ]
    const faults = (commands: string[], name: string) =>
      faultsOfOptions({ commands, options: { [name]: 'x' } as object }, {}, plugins)
    expect(faults(['deploy'], 'skip-tests')).toEqual([])
    expect(faults(['offline', 'start'], 'watch')).toEqual([])
    expect(faults(['deploy'], 'skip-test')).toEqual([
      'Unknown option --skip-test. Did you mean --skip-tests?',
    ])
    expect(faults(['package'], 'skip-tests')).toEqual(['Unknown option --skip-tests.'])
  })

  test('of a command that is not known is left to the framework', () => {
    expect(faultsOfOptions({ commands: ['nothing'], options: { x: 1 } as object }, {})).toEqual([])
  })
})

test.each([
  [
    ['offline', 'start'],
    ['httpPort', 'host', 'param', 'stage', 'region', 'config', 'verbose', 'debug'],
  ],
  [['deploy'], ['param', 'stage', 'region', 'package', 'verbose', 'aws-profile']],
  [
    ['invoke', 'local'],
    ['function', 'path', 'data', 'param', 'stage'],
  ],
])('the options of %j are accepted', (commands, names) => {
  const options = Object.fromEntries(names.map((name) => [name, 'x']))
  expect(faultsOfOptions({ commands, options }, {})).toEqual([])
})

describe('npm start without -- before its options', () => {
  const start = { npm_lifecycle_event: 'start' }

  test.each([
    [['3100'], { npm_config_httpport: 'true' }, '--httpPort 3100'],
    [[], { npm_config_httpport: '3100' }, '--httpPort 3100'],
    [['tokenTtlSeconds=60'], { npm_config_param: 'true' }, '--param tokenTtlSeconds=60'],
    [[], { npm_config_host: 'true' }, '--host'],
  ])('with the arguments %j and the environment %j gets the command with %s', (args, env, typed) => {
    const [name] = typed.split(' ')
    expect(
      faultsOfOptions({ commands: ['offline', 'start', ...args], options: {} }, { ...start, ...env }),
    ).toEqual([`npm took ${name} for its own option. Put -- before it: npm start -- ${typed}`])
  })

  test('is accepted where npm took nothing', () => {
    expect(faultsOfOptions({ commands: ['offline', 'start'], options: {} }, start)).toEqual([])
  })

  test('is not suspected in another script of npm', () => {
    const env = { npm_lifecycle_event: 'test', npm_config_host: 'x' }
    expect(faultsOfOptions({ commands: ['offline', 'start'], options: {} }, env)).toEqual([])
  })
})
