import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'

const PYTHON = '/usr/bin/python3'
const NEEDS = 'The judge of devices needs apt-get install python3-authlib python3-requests.'

function hasAuthlib(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import authlib.jose, requests'], { stdio: 'ignore' })
    return true
  } catch {
    if (process.env.CI) throw new Error(NEEDS)
    console.warn(NEEDS)
    return false
  }
}

test.runIf(hasAuthlib())(
  'a client in Python binds a session, renews its cookie and gets tokens with it',
  () => {
    const judge = fileURLToPath(new URL('judge.py', import.meta.url))
    const printed = execFileSync(PYTHON, ['-W', 'ignore', judge, inject('serviceUrl')], { encoding: 'utf8' })
    expect(JSON.parse(printed)).toEqual({
      start: 200,
      identifier: true,
      refresh: 200,
      copy: 'device_required',
      asked: 403,
      renewed: 200,
      replayed: 403,
      'refresh again': 200,
    })
  },
)
