import express from 'express'
import oidc from 'express-openid-connect'

// Signs in, refreshes and signs out with express-openid-connect. Its pages are JSON: what the library has returned.

const { ISSUER, CLIENT, SECRET, PORT } = process.env

const app = express()
app.use(
  oidc.auth({
    issuerBaseURL: ISSUER,
    baseURL: `http://127.0.0.1:${PORT}`,
    clientID: CLIENT,
    clientSecret: SECRET,
    secret: 'a secret for the cookies of this program',
    authRequired: false,
    idpLogout: true,
    authorizationParams: { response_type: 'code', scope: 'openid profile' },
    routes: { login: false, logout: false, postLogoutRedirect: '/bye' },
  }),
)
app.get('/sign-in', (_request, response) => response.oidc.login({ returnTo: '/' }))
app.get('/sign-out', (_request, response) => response.oidc.logout({ logoutParams: { state: 'a state' } }))
app.get('/bye', (_request, response) => response.json({ bye: true }))
app.get('/', async ({ oidc: session }, response) => {
  const { accessToken, refreshToken, idTokenClaims } = session
  const userinfo = await session.fetchUserInfo()
  const { access_token } = accessToken
  response.json({ access_token, refresh_token: refreshToken, claims: idTokenClaims, userinfo })
})
app.get('/refresh', async (request, response) => {
  const { access_token } = await request.oidc.accessToken.refresh()
  response.json({ access_token, refresh_token: request.oidc.refreshToken })
})
app.use((error, _request, response, _next) => response.json({ error: error.error ?? error.message }))
app.listen(Number(PORT), '127.0.0.1')
