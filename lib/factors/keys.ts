/** Returns the key of a user's recovery codes. */
export const recoveryCodesKey = (userId: string) => ({
  pk: { S: `user#${userId}` },
  sk: { S: 'recovery-codes' },
})
