import * as z from 'zod/mini'
import { LANGUAGES } from '../../application/languages.ts'
import { Password, schema } from './fields.ts'

/** A language of the service. */
const Locale = /* @__PURE__ */ schema(() => z.enum(LANGUAGES, `Must be one of: ${LANGUAGES.join(', ')}.`))

/** Body of `PUT /me/locale`. */
export const LocaleChangeRequest = /* @__PURE__ */ schema(() =>
  z.strictObject({ locale: Locale, currentPassword: Password }),
)
