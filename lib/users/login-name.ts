/**
 * A login name in upper or lower case: a username of 1 to 64 characters, or an e-mail address in the form
 * that HTML accepts (https://html.spec.whatwg.org/#valid-e-mail-address).
 */
export const LOGIN_NAME =
  /^(?:[A-Za-z0-9._-]{1,64}|(?=.{1,254}$)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)$/

/** Whether a value is a login name in its stored form, lower case. */
export const isLoginName = (value: unknown): value is string =>
  typeof value === 'string' && LOGIN_NAME.test(value) && value === value.toLowerCase()

/** Whether a value is an e-mail address in its stored form, lower case. */
export const isEmail = (value: unknown): value is string => isLoginName(value) && value.includes('@')
