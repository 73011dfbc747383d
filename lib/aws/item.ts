import type { Item } from './dynamodb.ts'

/** Reads one attribute of an item, such as `text` in `dynamodb.ts`. */
export type Read<T> = (item: Item, name: string) => T

/**
 * The attributes of a kind of item, each with its reader. Type, projection and parser come from this one
 * list.
 *
 * The list is data without calls, so a bundle leaves out lists that it does not use.
 *
 * @example
 * export const DRAFT = { title: text, sentAt: optionalNumber } satisfies Attributes
 * export type Draft = ValuesOf<typeof DRAFT>
 */
export type Attributes = Record<string, Read<unknown>>

type OptionalOf<A extends Attributes> = {
  [N in keyof A]: undefined extends ReturnType<A[N]> ? N : never
}[keyof A]

/** The values of an item, each with the docblock of its attribute. */
export type ValuesOf<A extends Attributes> = {
  [N in keyof Omit<A, OptionalOf<A>>]: ReturnType<A[N]>
} & { [N in keyof Pick<A, OptionalOf<A>>]?: ReturnType<A[N]> }

/** Returns the names of attributes, for a projection. */
export const namesOf = <A extends Attributes>(attributes: A): (keyof A & string)[] => Object.keys(attributes)

/**
 * Returns the values of an item.
 *
 * @param names - The attributes that were read; by default all.
 * @throws {@link ServiceError} `unavailable`, if a required attribute has no valid value.
 */
export const valuesOf = <A extends Attributes, N extends keyof A & string = keyof A & string>(
  attributes: A,
  item: Item,
  names: readonly N[] = Object.keys(attributes) as N[],
): Pick<ValuesOf<A>, N & keyof ValuesOf<A>> =>
  Object.fromEntries(names.map((name) => [name, attributes[name]?.(item, name)])) as Pick<
    ValuesOf<A>,
    N & keyof ValuesOf<A>
  >
