import { z } from 'zod'

/** Returns the rule for the path of a file in the project. `kind` is what messages call the file. */
export const pathOfFile = (extension: string, kind: string) =>
  z
    .string('must be text')
    .regex(
      new RegExp(`^(?!.*(?:^|/)\\.\\.)[\\w.-]+(?:/[\\w.-]+)*\\.${extension}$`),
      `must be a path of ${kind} in the project`,
    )
