const PLACE = process.env.FIREBASE ?? 'https://identitytoolkit.googleapis.com'
const WRONG = /^(INVALID_LOGIN_CREDENTIALS|INVALID_PASSWORD|EMAIL_NOT_FOUND|USER_DISABLED)/
export async function verify({ username, password }) {
  const response = await fetch(`${PLACE}/v1/accounts:signInWithPassword?key=${process.env.API_KEY}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: username, password, returnSecureToken: true }),
  })
  const { localId, mfaPendingCredential, error } = await response.json()
  if (response.ok) return { correct: true, id: localId, secondFactor: mfaPendingCredential !== undefined }
  if (WRONG.test(error.message)) return { correct: false }
  throw new Error('no verdict')
}
