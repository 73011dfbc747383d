import { defineAuth } from 'serverless-jwt-auth'

/** What this application says about its sign-in: its roles, attributes of users, and values of parameters. */
const config = defineAuth({
  roles: ['user', 'admin'],
  administrators: ['admin'],
  // Stage `dev` has pages for browsers, and `prod` has none without this line:
  // stages: { prod: { pages: 'on', cookieSessions: 'on' } },
})

export default config

// A mistyped role in a handler or a test does not compile.
declare module 'serverless-jwt-auth' {
  interface Register {
    config: typeof config
  }
}
