import config from '../../auth.config.ts'
import type { Application } from '../../project/define-auth.ts'

/** Own words by English sentence. A function gets them in the place of the path that `auth.config.ts` has. */
export const { texts: TEXTS = {} }: Partial<Application> = config as object

/** Names of the placeholders of a sentence. */
type Names<S extends string> = S extends `${string}{${infer N}}${infer Rest}` ? N | Names<Rest> : never

/**
 * Returns a sentence for users: in the own words of the application, or as it stands.
 *
 * `plugins/config/sentences.txt` lists all sentences. A sentence is a whole one, so that its words can change their order.
 *
 * @param values - Take the place of `{name}` in the sentence. They are text, and what shows the sentence escapes it.
 */
export function say<const S extends string>(sentence: [Names<S>] extends [never] ? S : never): string
export function say<const S extends string, V extends object>(
  sentence: S,
  values: V & ([Names<S>] extends [keyof V] ? unknown : never),
): string
export function say(sentence: string, values: Readonly<Record<string, unknown>> = {}): string {
  return (TEXTS[sentence] ?? sentence).replaceAll(/\{([\w-]+)\}/g, (tag, name) => String(values[name] ?? tag))
}
