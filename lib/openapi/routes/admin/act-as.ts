import { ActCode, ActRequest } from '../../../http/schemas/act-as.ts'
import { json, object, text } from '../../json-schema.ts'
import type { Route } from '../../route.ts'
import { OPERATOR } from './common.ts'

const CODE = 'kX3bX1pQmW0yq4V7cZt2nH8sJ5uL9dRfE6gA0iOoTzY'

/** The routes with which an operator sees the application as a user. */
export const ACT_ROUTES: Route[] = [
  {
    method: 'post',
    path: '/act-as',
    function: 'act-as',
    operationId: 'beginAct',
    needs: ['console', 'actAs'],
    tag: 'Admin',
    cookie: 'needs',
    summary: 'See the application as a user',
    description:
      'Returns a code for a page of the application, which exchanges it. The code is valid once, for 60 seconds. The user gets a mail and sees the act in the activity of the account. An operator may begin 20 acts a day.',
    parameters: [OPERATOR],
    body: {
      name: 'ActRequest',
      description: 'The user, and why.',
      schema: ActRequest,
      examples: {
        user: {
          summary: 'A user who asked for help',
          value: { userId: 'cYxlAFw2HYRPTUKRI4_xmA', reason: 'support', ticket: 'T-1024' },
        },
      },
    },
    response: {
      status: 201,
      description: 'The act has begun.',
      content: json(object('A code for the page.', { code: text('The code.') }), { code: CODE }),
    },
    problems: [
      'invalid_token',
      'no_permission',
      'not_this_user',
      'own_account',
      'no_such_user',
      'work_sign_in',
      'other_session',
      'session_changed',
      'changed_meanwhile',
      'too_many_mails',
    ],
  },
  {
    method: 'post',
    path: '/act-as/token',
    function: 'act-as',
    operationId: 'exchangeAct',
    needs: ['console', 'actAs'],
    tag: 'Admin',
    summary: 'Exchange the code of an act',
    description:
      'Returns an access token of 30 minutes that reads the routes of functions with `actAs`, and nothing else. It cannot be renewed. It ends within 60 seconds after the operator signs out, or operator or user change.',
    body: {
      name: 'ActCode',
      description: 'The code in the address of the page.',
      schema: ActCode,
      examples: { code: { summary: 'A code', value: { code: CODE } } },
    },
    response: {
      description: 'The token.',
      content: json(
        object('A token with which an operator acts as a user.', {
          authToken: text('The access token.'),
          tokenType: text('Always `Bearer`.'),
          expiresIn: { type: 'integer', description: 'Seconds.' },
          user: object('The user.', { sub: text('The id.'), username: text('The username.') }),
        }),
        {
          authToken: 'eyJhbGciOiJSUzI1NiJ9.e30.signature',
          tokenType: 'Bearer',
          expiresIn: 1_800,
          user: { sub: 'cYxlAFw2HYRPTUKRI4_xmA', username: 'ada' },
        },
      ),
    },
    problems: ['act_ended'],
  },
]
