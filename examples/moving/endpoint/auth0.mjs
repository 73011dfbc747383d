export async function verify({ id, username, password }) {
  const response = await fetch(`${process.env.AUTH0}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
      realm: 'Username-Password-Authentication',
      client_id: process.env.CLIENT_ID,
      client_secret: process.env.CLIENT_SECRET,
      scope: 'openid',
      username,
      password,
    }),
  })
  const { id_token, error } = await response.json()
  // Auth0 does not say who it is before the second factor.
  if (error === 'mfa_required') return { correct: true, id, secondFactor: true }
  if (error === 'invalid_grant') return { correct: false }
  return { correct: true, id: JSON.parse(Buffer.from(id_token.split('.')[1], 'base64url')).sub }
}
