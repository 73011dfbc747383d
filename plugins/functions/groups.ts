import { didYouMean } from '../../project/did-you-mean.ts'
import type { WrittenFunction } from '../framework.d.ts'

/** Finds names of `settings` of a function that are no groups of settings. */
export function faultsOfSettings(
  key: string,
  { settings = [] }: WrittenFunction,
  auth: Record<string, unknown>,
): string[] {
  if (!Array.isArray(settings)) return [`The settings of function ${key} must be a list.`]
  const groups = Object.keys(auth).filter((one) => isGroup(auth[one]))
  return settings
    .filter((name) => !groups.includes(name))
    .map((name) => `Function ${key} has no settings "${name}".${didYouMean(name, groups)}`)
}

/** Whether a member of `custom.auth` is a group of settings: all its names are in capitals. */
const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.keys(value).every((name) => /^[A-Z_]+$/.test(name))
