import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { atEnd } from '../../support/at-end.ts'
import { temporaryFolder, useStore } from '../../support/process/operator.ts'
import { root } from '../../support/process/service-description.ts'

// Follows the steps of docs/MOVING.md word by word, with AWS's command line and the pools of moto.

const MOTO = '/usr/bin/moto_server'
const INSTALL =
  'The steps of moving from Cognito need: apt-get install awscli python3-moto python3-flask-cors'
const isInstalled = ['/usr/bin/aws', MOTO].every((program) => existsSync(program))

test.skipIf(!isInstalled)(
  'the steps of MOVING.md move the users of a pool, and mail who is left',
  async () => {
    const mailed: string[] = []
    const store = await useStore({
      functionNames: ['serverless-jwt-auth-dev-auth-mailer'],
      async invoke(_name, event) {
        mailed.push(Object(event).loginName)
        return { isReturned: true, payload: 'null' }
      },
    })
    const shell = await startShell(store.endpoint)
    const pool = await shell(CREATE_POOL)
    const [client, exports, factors, imports, rest] = stepsOf(pool)
    expect(JSON.parse(await shell(client)).UserPoolClient).toMatchObject({
      ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH'],
      AccessTokenValidity: 5,
    })

    await shell(exports)
    expect(await shell(`${imports} --dry-run`)).toContain('Dry run: 3 to add, 0 already there, 0 invalid.')
    expect(await shell(imports)).toContain('3 added, 0 already there, 0 invalid.')
    expect(await shell(imports)).toContain('0 added, 3 already there, 0 invalid.')
    expect(await store.user('ada')).toMatchObject({ role: 'admin', emailVerified: true, passwordFrom: 'ada' })
    expect(await store.user('bob')).toMatchObject({ role: 'user', email: 'bob@example.org' })

    const failing = 'aws() { case "$*" in *"--username bob") return 1;; esac; command aws "$@"; }'
    await shell(`${failing}\n${factors}`)
    expect(await shell('cat missing.txt; rm missing.txt')).toBe('bob')
    await shell(`${factors}\ntest ! -e missing.txt`)
    await store.run(['remove', 'ada', '--yes'])
    expect(await shell(imports)).toContain('1 added, 2 already there, 0 invalid.')
    expect(await store.user('ada')).toMatchObject({ mustEnrol: true })

    const printed = await shell(rest)
    expect(printed).toMatch(/^old pool +3 +at the next sign-in$/m)
    expect(printed).toContain('2 of 3 users mailed.')
    expect(mailed).toEqual(['ada', 'bob'])
  },
  120_000,
)

/** Users as an app has made them: one with codes by SMS, and one with a temporary password. */
const CREATE_POOL = `
POOL=$(aws cognito-idp create-user-pool --pool-name old --query UserPool.Id --output text)
for name in ada bob carl; do
  aws cognito-idp admin-create-user --user-pool-id $POOL --username $name --message-action SUPPRESS
done > made.json
for name in ada bob; do
  aws cognito-idp admin-update-user-attributes --user-pool-id $POOL --username $name \\
    --user-attributes Name=email,Value=$name@example.org Name=email_verified,Value=true
  aws cognito-idp admin-set-user-password --user-pool-id $POOL --username $name --password 'Passw0rd!long' --permanent
done
aws cognito-idp admin-set-user-mfa-preference --user-pool-id $POOL --username ada --sms-mfa-settings Enabled=true
aws cognito-idp create-group --user-pool-id $POOL --group-name admins > group.json
aws cognito-idp admin-add-user-to-group --user-pool-id $POOL --username ada --group-name admins
echo $POOL`

/** Returns the commands of the section, for a pool and the local stage. */
function stepsOf(pool: string): [string, string, string, string, string] {
  const document = readFileSync(join(root, 'docs/MOVING.md'), 'utf8')
  const section = document.split('### Cognito\n')[1]?.split(/^##/m)[0] ?? ''
  const blocks = [...section.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map(([, text = '']) =>
    text.replaceAll('POOL', pool).replaceAll(' --stage prod', '').trim(),
  )
  expect(blocks).toHaveLength(5)
  return blocks as [string, string, string, string, string]
}

/** Starts moto. Returns a function that runs commands in one folder, with `npm run users` on a local table. */
async function startShell(endpoint: string) {
  const moto = spawn(MOTO, ['--port', '0'], { stdio: ['ignore', 'ignore', 'pipe'] })
  atEnd(() => void moto.kill())
  const url = await new Promise<string>((resolve) => {
    let output = ''
    moto.stderr.on('data', (chunk: Buffer) => {
      output += chunk
      const [, address] = /Running on (http:\S+)/.exec(output) ?? []
      if (address !== undefined) resolve(address)
    })
  })
  const cwd = temporaryFolder()
  const env = {
    PATH: [dirname(process.execPath), '/usr/bin', process.env.PATH].join(delimiter),
    HOME: process.env.HOME,
    AWS_ENDPOINT_URL: url,
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_PAGER: '',
  }
  const users = `npm() { shift 3; set -- "$@" --local --endpoint ${endpoint} --service serverless-jwt-auth
  unset AWS_ENDPOINT_URL; node ${join(root, 'scripts/users.ts')} "$@"; }`
  return async (commands: string) => {
    const { stdout } = await promisify(execFile)('sh', ['-ec', `${users}\n${commands}`], { cwd, env })
    return stdout.trim()
  }
}

beforeAll(() => {
  if (isInstalled) return
  if (process.env.CI) throw new Error(INSTALL)
  console.log(INSTALL)
})
