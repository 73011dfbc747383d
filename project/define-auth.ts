import type { AttributeDefinitions } from './attribute.ts'
import type { Theme } from './colours.ts'
import type { ParameterName } from './parameter-names.ts'
import type { DelegablePermission } from './permissions.ts'

/** Parameters of a stage, by the names that they have in `plugins/parameters/parameters.yml`, which describes them. */
export type ParameterValues = { [N in ParameterName]?: string | number | boolean | null }

/**
 * What an application says about its sign-in, with values of parameters for all stages. It is only data:
 * text, numbers, lists and objects.
 */
export interface AuthConfig<R extends string = string, A extends AttributeDefinitions = AttributeDefinitions>
  extends ParameterValues {
  /** Roles of users: 1 to 32 of a-z, 0-9 and hyphens. The first is that of new users. */
  roles: readonly [R, ...R[]]
  /** Roles of {@link roles} whose users administer all others. Like those in {@link can}, they must have a second factor with `requireSecondFactor: 'administrators'`. */
  administrators: readonly NoInfer<R>[]
  /**
   * What users of other roles may do with accounts: in the console, and by the API that it uses. `over` names the roles of the users whom
   * they may help. A role that it does not name is closed, also one that comes later. Administrators may do all of it.
   */
  can?: {
    readonly [role in NoInfer<R>]?: {
      readonly over: readonly NoInfer<R>[]
      readonly may: readonly DelegablePermission[]
    }
  }
  /** Roles that were taken out of {@link roles}. Their users are disabled; `npm run users` still finds them. */
  formerRoles?: readonly string[]
  attributes?: A
  /** Colours and logo of the pages. `docs/THEME.md` says what each colour is for. */
  theme?: Theme
  /** Languages of pages and mails, as BCP 47 tags such as `de` or `pt-BR`. The first is for readers who want none of them. Without it: English. */
  languages?: readonly [string, ...string[]]
  /** Paths of JSON files in the project with own words, by language, such as `{ de: 'texts/de.json' }`. A path is that of the first language. */
  texts?: string | Readonly<Record<string, string>>
  /** Values of parameters for single stages. They come before those for all. */
  stages?: Readonly<Record<string, ParameterValues>>
}

/** What functions read of an application, as JSON: the import of `auth.config.ts` in a bundle. The logo is the text of its file. */
export interface Application
  extends Pick<
    AuthConfig,
    'roles' | 'administrators' | 'can' | 'formerRoles' | 'attributes' | 'theme' | 'languages'
  > {
  /** Words by language, and by the English sentence that they take the place of: shipped ones, and own ones over them. */
  words?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/**
 * Types the configuration of an application, and returns it.
 *
 * @example
 * export default defineAuth({ roles: ['member', 'editor'], administrators: ['editor'], serviceName: 'Notes' })
 */
export const defineAuth = <
  const R extends string,
  const A extends AttributeDefinitions = Record<never, never>,
>(
  config: AuthConfig<R, A>,
): AuthConfig<R, A> => config
