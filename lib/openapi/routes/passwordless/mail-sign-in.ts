import { MailSignInConfirmation, MailSignInRequest } from '../../../http/schemas/mail-sign-in.ts'
import { json } from '../../json-schema.ts'
import type { Route } from '../../route.ts'
import { schemaRef } from '../../schemas.ts'
import { challenge as browserKey, token, tokens } from '../examples.ts'

const [id] = token.split('.')
const email = 'ada@example.org'
const mailId = `${id}.${Buffer.from(email).toString('base64url')}`

/** The routes of sign-in by a mail. */
export const MAIL_SIGN_IN_ROUTES: Route[] = [
  {
    method: 'post',
    path: '/login/mail',
    function: 'mail-requests',
    operationId: 'startMailSignIn',
    needs: 'mailSignIn',
    tag: 'Sessions',
    summary: 'Ask for a mail that signs in',
    description:
      'Sends a mail with a link and a code to the address, if it is the confirmed address of a user. With open registration, the address of no user gets the mail of a registration. The response is the same for every address. The mail signs in the browser only that asked: with `session`, which pages of the service itself may send, its key is in a cookie. A client without cookies gets a `browserKey`, which it sends with the code.',
    body: {
      name: 'MailSignInRequest',
      description: 'An address. With `session`, the refresh token is to be kept in a cookie.',
      schema: MailSignInRequest,
      examples: {
        address: { summary: 'An address', value: { email } },
        cookie: { summary: 'A page of the service', value: { email, session: 'cookie' } },
      },
    },
    response: {
      status: 202,
      description: 'The request is accepted, whether or not a mail is sent.',
      headers: { 'Set-Cookie': 'KeyCookie' },
      content: json(schemaRef('MailSignInRequested'), { mailId, browserKey }),
    },
    problems: ['no_json', 'foreign_site', 'foreign_origin', 'same_origin', 'too_many_mails'],
  },
  {
    method: 'post',
    path: '/login/mail/confirm',
    function: 'login-mail',
    operationId: 'signInWithMail',
    needs: 'mailSignIn',
    tag: 'Sessions',
    summary: 'Sign in with the link or the code of a mail',
    description:
      'A link is valid for 60 minutes, a code for 10 minutes and five tries, once, in the browser that asked. With `session`, which pages of the service itself may send, only the key in its cookie counts. `session` and `replaces` are those of `POST /login`. If the user has second factors, or must have one, the response has `next` and no tokens. For the address of no user, the same mail is the proof of `POST /register/confirm`, and nothing is spent.',
    cookie: 'sets',
    body: {
      name: 'MailSignInConfirmation',
      description:
        'The token of a link, or the id and the code of a mail, and the key of a client without cookies.',
      schema: MailSignInConfirmation,
      examples: {
        code: { summary: 'The code in the mail', value: { mailId, code: '12345678', browserKey } },
        cookie: { summary: 'A page of the service', value: { mailId, code: '12345678', session: 'cookie' } },
        token: { summary: 'The token in the link', value: { token, browserKey } },
      },
    },
    response: {
      description: 'Signed in. Or: the sign-in needs another step, which `next` names.',
      content: json(
        {
          anyOf: [
            schemaRef('Tokens'),
            schemaRef('SecondFactor'),
            schemaRef('Enrolment'),
            schemaRef('NextRegistration'),
          ],
        },
        tokens,
      ),
    },
    problems: ['invalid_link', 'other_browser', 'same_origin', 'too_many_attempts'],
  },
]
