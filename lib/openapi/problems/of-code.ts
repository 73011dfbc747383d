import { PROBLEMS, type ProblemCode, TITLES } from '../../errors.ts'

/** A problem: status, and the members of its RFC 9457 body. */
export interface Problem {
  status: number
  title: string
  detail: string
  code: string
  /** Additional members, which clients compare. */
  members?: object | undefined
}

/** Returns the problem of a code, with its own detail or another one. */
export function ofCode(code: ProblemCode, detail?: string, members?: object): Problem {
  const [status, text] = PROBLEMS[code]
  return { status, title: TITLES[status], detail: detail ?? text, code, members }
}
