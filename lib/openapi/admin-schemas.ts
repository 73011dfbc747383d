import { object, text } from './json-schema.ts'

const texts = (description: string) => ({ type: 'array', items: { type: 'string' }, description })

/** Schemas of the responses of the console's API. */
export const ADMIN_SCHEMAS = {
  Operator: object('A user who may do something with the accounts of others.', {
    id: text('The id of the user.'),
    username: text('The username.'),
    role: text('The role.'),
    may: texts('What the user may do.'),
    over: texts('The roles of the users whom the user may help.'),
    roles: texts('All roles.'),
  }),
}

/** Name of one of {@link ADMIN_SCHEMAS}. */
export type AdminSchema = keyof typeof ADMIN_SCHEMAS
