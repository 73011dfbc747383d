import { FAILED_LOGIN, fails, IN_COOKIE, type Step, succeeds } from '../outcomes.ts'

const NO_COOKIE = { "cookie === ''": true }
const from = (site: string) => ({ 'Sec-Fetch-Site': site, Cookie: '<<sessionCookie>>' })

/** A session in a cookie. */
export const COOKIE_STEPS: Step[] = [
  {
    name: 'Login with a cookie',
    row: 'POST /login',
    example: 'cookie',
    headers: { 'Sec-Fetch-Site': 'same-origin' },
    sets: { sessionCookie: 'cookie' },
    accepted: succeeds('gets a session in a cookie', IN_COOKIE),
    refused: { ...FAILED_LOGIN, checks: NO_COOKIE },
  },
  {
    name: 'Refresh by the cookie',
    row: 'POST /refresh',
    example: 'cookie',
    headers: from('same-origin'),
    sets: { sessionCookie: "statusCode === 200 ? cookie : env('sessionCookie')" },
    accepted: succeeds('gets the next cookie', IN_COOKIE),
    refused: { ...fails('a refresh without a cookie fails', 'invalid_refresh_token'), checks: NO_COOKIE },
  },
  {
    name: 'Refresh from another site',
    row: 'POST /refresh',
    example: 'cookie',
    headers: from('cross-site'),
    always: { ...fails('a page of another site cannot use the cookie', 'foreign_site'), checks: NO_COOKIE },
  },
  {
    name: 'Log out by the cookie',
    row: 'POST /logout',
    example: 'cookie',
    headers: from('same-origin'),
    always: succeeds('a logout deletes the cookie, with and without a session', {
      "cookie === '__Host-refresh='": true,
      attributes: ['Max-Age=0', 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict'],
    }),
  },
]
