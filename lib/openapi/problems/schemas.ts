import { object, seconds, text } from '../json-schema.ts'

const problem = {
  type: { type: 'string', const: 'about:blank', description: 'The status and `code` identify the problem.' },
  title: text('The reason phrase of the status.'),
  status: {
    type: 'integer',
    description: 'The status of the response. Missing where the gateway rejects a request.',
  },
  detail: text('What went wrong, for humans.'),
  code: text('What went wrong, for programs. Several problems share a code.'),
  error: text('What went wrong, for programs, where `code` does not say it.'),
  acr_values: text(
    'With `insufficient_user_authentication`: the class of sign-in that is required (RFC 9470).',
  ),
  max_age: seconds('With `insufficient_user_authentication`: how old that sign-in may be, in seconds.'),
}

/** Schemas of problems, by name. */
export const PROBLEM_SCHEMAS = {
  Problem: object('An RFC 9457 problem.', problem, ['status', 'error', 'acr_values', 'max_age']),
  InvalidFields: object('An RFC 9457 problem that lists the invalid fields.', {
    type: problem.type,
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    code: problem.code,
    errors: {
      type: 'array',
      minItems: 1,
      items: object(
        'An invalid field.',
        {
          pointer: text(
            'RFC 6901 pointer into the request body, or to a query parameter, as a URI fragment.',
          ),
          detail: text('What a valid value is.'),
          rule: text('The rule that the value breaks, for programs: `required`, `too_short`, `format`.'),
          values: { type: 'object', description: 'The numbers and names in `detail`, by name.' },
        },
        ['values'],
      ),
    },
  }),
}

const INVALID = PROBLEM_SCHEMAS.InvalidFields

/** Schemas that another one replaces with `mailSignIn=on`. */
export const WITH_PROOFS = {
  InvalidFields: { ...INVALID, properties: { ...INVALID.properties, error: problem.error } },
}
