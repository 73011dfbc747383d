import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'

const {
  ISSUER = 'http://localhost:3000',
  AUDIENCE = 'serverless-jwt-auth-dev-api',
  PORT = '4000',
} = process.env

const app = express()
app.use(
  auth({
    issuerBaseURL: ISSUER,
    audience: AUDIENCE,
    tokenSigningAlg: 'RS256',
    strict: true,
    clockTolerance: 0,
  }),
)

function requireRole(role) {
  return (request, response, next) => {
    if (request.auth.payload.role === role) next()
    else response.status(403).json({ error: 'insufficient_scope' })
  }
}

app.get('/', (request, response) => response.json({ sub: request.auth.payload.sub }))
app.get('/admin', requireRole('admin'), (request, response) =>
  response.json({ sub: request.auth.payload.sub }),
)

// Four parameters make it an error handler. Express's own shows stack traces.
app.use((error, _request, response, _next) => {
  const { status = 500, headers = {}, code } = error
  response.status(status).set(headers).json({ error: code })
})

app.listen(Number(PORT), 'localhost')
