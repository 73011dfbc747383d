import config from '../../auth.config.ts'
import type { Application } from '../../project/define-auth.ts'

/**
 * The application's own words, by English sentence. A build replaces the path in `auth.config.ts` with them.
 */
export const { texts: TEXTS = {} }: Partial<Application> = config as object

/** Names of the placeholders of a sentence. */
type Names<S extends string> = S extends `${string}{${infer N}}${infer Rest}` ? N | Names<Rest> : never

/**
 * Returns a sentence for users: in the application's own words, or unchanged.
 *
 * `plugins/config/sentences.txt` lists all sentences. Sentences are whole, so that the words can have another
 * order.
 *
 * @param values - Values for `{name}` in the sentence. They are text. The caller escapes the whole sentence
 *   for its output.
 */
export function say<const S extends string>(sentence: [Names<S>] extends [never] ? S : never): string
export function say<const S extends string, V extends object>(
  sentence: S,
  values: V & ([Names<S>] extends [keyof V] ? unknown : never),
): string
export function say(sentence: string, values: Readonly<Record<string, unknown>> = {}): string {
  return (TEXTS[sentence] ?? sentence).replaceAll(/\{([\w-]+)\}/g, (tag, name) => String(values[name] ?? tag))
}
