import { expect, test } from 'vitest'
import { newName } from './accounts.ts'
import { addAuthenticator } from './authenticator.ts'
import { expectBound, openSignin, useBoundService } from './bound.ts'
import { heading } from './browser.ts'
import { createIdentity, signInAtDemo } from './demo-provider.ts'
import { enrolApp, pressIn, saveCodes } from './factors.ts'

const at = await useBoundService({ requireSecondFactor: 'all' })

test.each(['an app', 'a passkey'])(
  'the enrolment of %s as first factor binds the session',
  async (factor) => {
    const { name } = newName()
    const page = await openSignin(at)
    await addAuthenticator(page)
    await signInAtDemo(page, name)
    await createIdentity(page, name)
    if (factor === 'an app') await enrolApp(page)
    else await pressIn(page, 'Create a passkey')
    expect(await saveCodes(page)).toHaveLength(10)
    await heading(page, `Signed in as ${name}`).waitFor()
    await expectBound(page)
  },
)
