/** Returns the key of the item of a user's authenticator app. */
export const totpKey = (userId: string) => ({ pk: { S: `user#${userId}` }, sk: { S: 'totp' } })

/** Returns the key of the item of the app that a user is setting up. */
export const pendingTotpKey = (userId: string) => ({ pk: { S: `user#${userId}` }, sk: { S: 'totp-pending' } })

/** Returns the key of the item of a user's recovery codes. */
export const recoveryCodesKey = (userId: string) => ({
  pk: { S: `user#${userId}` },
  sk: { S: 'recovery-codes' },
})
