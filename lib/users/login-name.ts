/**
 * A login name in upper or lower case. It is a username of 1 to 64 characters, or an e-mail address in the
 * form that HTML accepts (https://html.spec.whatwg.org/#valid-e-mail-address).
 */
export const LOGIN_NAME =
  /^(?:[A-Za-z0-9._-]{1,64}|(?=.{1,254}$)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)$/

const NEW_LOCAL_PART = /^(?!.*=\?)[A-Za-z0-9#$&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9#$&'*+/=?^_`{|}~-]+)*$/

/**
 * Whether a user may get a login name, which has the form of {@link LOGIN_NAME}. Names that are already
 * stored stay valid.
 *
 * No name begins with a hyphen, because programs read it as an option. The local part of an address is a
 * dot-atom (RFC 5322 section 3.2.3), because SES refuses others. It has no `%`, `!` or `=?`: some mail
 * servers read these as a route to another domain, or as an encoded word (RFC 2047). Then mail to an allowed
 * domain could go to another one.
 */
export const isNewLoginName = (name: string): boolean =>
  !name.startsWith('-') && (!name.includes('@') || NEW_LOCAL_PART.test(name.slice(0, name.lastIndexOf('@'))))

/** The rule for the username of a user who registers. With another address, its owner could not use it. */
export const NEW_USERNAME_RULE =
  'Must be the confirmed address, or 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen).'

/** The rule that {@link isNewLoginName} checks. */
export const NEW_LOGIN_NAME_RULE =
  'Must not begin with a hyphen, or contain %, !, =? or misplaced dots before the @.'

/** Whether a value is a login name in its stored form, lower case. */
export const isLoginName = (value: unknown): value is string =>
  typeof value === 'string' && LOGIN_NAME.test(value) && value === value.toLowerCase()

/** Whether a value is an e-mail address in its stored form, lower case. */
export const isEmail = (value: unknown): value is string => isLoginName(value) && value.includes('@')
