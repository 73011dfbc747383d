import { ATTRIBUTES } from '../../../lib/application/attributes.ts'
import { didYouMean } from '../../../project/did-you-mean.ts'
import { Refusal } from '../../cli/refusal.ts'
import { definitionOf } from '../attributes.ts'
import { COLUMNS, FLAGS } from './columns.ts'

/** Where the value of a column comes from: a column of the file, and whether its flag means the opposite. */
interface Source {
  column: string
  isOpposite: boolean
}

/** Sources of values, by column. Columns without a source stay empty. */
export type Mapping = ReadonlyMap<string, Source>

/**
 * Reads a list such as `username=email,passwordHash=password,disabled=!is_active,attributes.plan=tier`.
 *
 * @throws {@link Refusal} `usage`
 */
export function readMapping(text: string): Mapping {
  return new Map(text.split(',').map(readEntry))
}

function readEntry(text: string): [string, Source] {
  const [column = '', from = column] = text.split(/=(.*)/, 2)
  const isOpposite = from.startsWith('!')
  const attribute = attributeIn(column)
  if (attribute !== undefined && definitionOf(attribute) === undefined) {
    const meant = didYouMean(attribute, Object.keys(ATTRIBUTES))
    throw new Refusal('usage', `Invalid --map. There is no attribute ${attribute}.${meant}`)
  }
  const isKnown = COLUMNS.includes(column) || column === 'salt' || attribute !== undefined
  if (!isKnown || from === '' || from === '!' || (isOpposite && !FLAGS.includes(column))) {
    throw new Refusal(
      'usage',
      'Invalid --map. Use COLUMN=COLUMN_OF_THE_FILE, separated by commas, and ! before a flag that means the opposite.',
    )
  }
  return [column, { column: isOpposite ? from.slice(1) : from, isOpposite }]
}

/** Returns the attribute of a column such as `attributes.plan`. */
const attributeIn = (column: string) => /^attributes\.(.+)$/.exec(column)?.[1]

/** Exports of other programs, as their columns are called there. */
const PROGRAMS = {
  auth0: 'username=email,emailVerified=email_verified,passwordHash',
  clerk: 'username=primary_email_address,passwordHash=password_digest',
  cognito: 'username=email,emailVerified=email_verified',
  django: 'username,email,passwordHash=password,disabled=!is_active,createdAt=date_joined',
  firebase: 'username=email,emailVerified,passwordHash,salt,disabled,createdAt',
  supabase:
    'username=email,emailVerified=email_confirmed_at,passwordHash=encrypted_password,disabled=banned_until,createdAt=created_at',
}

/** A program whose exports an import reads. */
export type Program = keyof typeof PROGRAMS

export const PROGRAM_NAMES = Object.keys(PROGRAMS)

/**
 * Returns the mapping of an import: that of the program, with the entries of `--map` in place of the
 * program's.
 *
 * @returns `undefined` if the file has the columns of this service.
 */
export function mappingOf(program: Program | undefined, map: Mapping | undefined): Mapping | undefined {
  if (program === undefined) return map
  return new Map([...readMapping(PROGRAMS[program]), ...(map ?? [])])
}

/** Returns the values of a record under the columns of this service. What has no value is left out. */
export function mapValues(
  mapping: Mapping,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const mapped = [...mapping].map(([column, { column: from, isOpposite }]) => {
    const value = convert(column, values[from])
    return [column, isOpposite ? oppositeOf(value) : value] as const
  })
  const filled = mapped.filter(([, value]) => value !== undefined)
  const attributes = filled.flatMap(([column, value]) => {
    const name = attributeIn(column)
    return name === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(filled.filter(([column]) => attributeIn(column) === undefined)),
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
  }
}

/** A flag that is missing is not false: a user whose `is_active` is unknown must not be enabled. Null is no valid flag. */
function oppositeOf(value: unknown): unknown {
  return typeof value === 'boolean' ? !value : (value ?? null)
}

function convert(column: string, value: unknown): unknown {
  if (value === null || value === '') return undefined
  if (FLAGS.includes(column)) return flagOf(value)
  if (column === 'createdAt') return timeOf(value)
  const type = definitionOf(attributeIn(column) ?? '')?.type
  if (type === 'boolean') return flagOf(value)
  if (type === 'number' && typeof value === 'string') return numberOf(value)
  if (column === 'externalId' && Number.isSafeInteger(value)) return String(value)
  return value
}

/** Reads a flag. Databases write it as true, t or 1. Supabase writes the time at which it became true. */
function flagOf(value: unknown): unknown {
  const text = String(value)
  if (/^(?:true|t|1)$/i.test(text)) return true
  if (/^(?:false|f|0)$/i.test(text)) return false
  return timeOf(value) === value ? value : true
}

/** Reads a decimal number. Other texts stay, and are no valid value. */
const numberOf = (text: string) => (/^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text)

/** Reads a time: milliseconds or seconds since the epoch, or text, in UTC if it names no time zone. Other values stay. */
function timeOf(value: unknown): unknown {
  const text = String(value)
  if (/^\d{10}\.\d+$/.test(text)) return new Date(Number(text) * 1000).toISOString()
  if (/^\d{10}(?:\d{3})?$/.test(text)) return new Date(Number(text.padEnd(13, '0'))).toISOString()
  const [, clock, zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d.*)?$/.exec(text) ?? []
  // PostgreSQL shortens a time zone to its hours.
  const ms = clock === undefined ? Number.NaN : Date.parse(clock + zone.replace(/^([+-]\d\d)$/, '$1:00'))
  return Number.isNaN(ms) ? value : new Date(ms).toISOString()
}
