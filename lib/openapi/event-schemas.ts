import { BY } from '../events/own.ts'
import { ACCOUNT_EVENTS } from '../events/types.ts'
import { object, text, time } from './json-schema.ts'

/** Schemas of the events of an account. */
export const EVENT_SCHEMAS = {
  Event: object(
    'What happened to the caller’s account.',
    {
      id: text('The id of the event.'),
      at: time('When it happened.'),
      type: { type: 'string', enum: Object.keys(ACCOUNT_EVENTS), description: 'What happened.' },
      by: {
        type: 'string',
        enum: BY,
        description:
          'Who did it: the user, an operator, an app, the service, or another user, such as one who signed in in the same browser.',
      },
      via: text('The route or the command that did it.'),
      ref: text('The app that it concerns: its `client_id`.'),
      changes: { type: 'array', items: text('A value.'), description: 'The values that changed.' },
      detail: text(
        'How it happened: one word, or the `amr` of a sign-in. With `more`, later correct passwords of the same hour are not listed.',
      ),
      failures: { type: 'integer', minimum: 0, description: 'Wrong passwords before a sign-in.' },
      sourceIp: text('The IP address of the user’s own request, or of a correct password.'),
      userAgent: text(
        'The User-Agent header of the user’s own request, or of a correct password, shortened if it is long.',
      ),
      session: text('The session of the user’s own request that began, was renewed or ended.'),
    },
    ['ref', 'detail', 'failures', 'sourceIp', 'userAgent', 'session'],
  ),
  Events: object(
    'What happened to the caller’s account, the newest first.',
    {
      events: { type: 'array', items: { $ref: '#/components/schemas/Event' } },
      next: text('Value of `after` for the next page. Missing on the last page.'),
    },
    ['next'],
  ),
}
