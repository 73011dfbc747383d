import type { Act } from './act.ts'
import { COMMANDS } from './commands.ts'
import { REQUESTS } from './requests.ts'

export type ActName = keyof typeof REQUESTS | keyof typeof COMMANDS

/** All kinds of operations. */
export const ACTS: Record<ActName, Act> = { ...REQUESTS, ...COMMANDS }

export const ACT_NAMES = Object.keys(ACTS) as ActName[]
