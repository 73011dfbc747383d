/** Returns the key of an operator's request to remove a user's factors. */
export const factorResetKey = (userId: string) => ({
  pk: { S: `user#${userId}` },
  sk: { S: 'factor-reset' },
})

/** Returns the key of a user's recovery codes. */
export const recoveryCodesKey = (userId: string) => ({
  pk: { S: `user#${userId}` },
  sk: { S: 'recovery-codes' },
})
