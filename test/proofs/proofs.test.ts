import { expect, test } from 'vitest'
import { useService } from '../support/service.ts'
import { addOwner, changeWith, proveByMail, proveByPasskey, SETTINGS, tokenOf } from './world.ts'

const service = await useService({ settings: { ...SETTINGS, LIMIT_MAIL_SOURCE: '9999/3600' } })

test('a user without a password proves a change by a mail or a passkey', async () => {
  const owner = await addOwner(service, false)
  const token = await tokenOf(service, owner.user)
  expect(await service.ask('GET /proof', { token })).toMatchObject({
    status: 200,
    body: { proofs: ['passkey', 'mail'] },
  })
  const changeToken = await proveByMail(service, owner, token, 'recovery-codes')
  expect(
    await changeWith(service, owner, {
      route: 'POST /factors/recovery-codes',
      token,
      proof: { changeToken },
    }),
  ).toMatchObject({ status: 200 })
  const second = await proveByPasskey(service, owner, token, 'deletion')
  expect(
    await changeWith(service, owner, { route: 'DELETE /me', token, proof: { changeToken: second } }),
  ).toMatchObject({ status: 204 })
})
