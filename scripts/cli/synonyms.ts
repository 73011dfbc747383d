import type { Command } from 'commander'

/** What other programs call a command, with the names that it has here. */
const SYNONYMS: Record<string, readonly string[]> = {
  create: ['add', 'add-api', 'invite'],
  delete: ['remove'],
  del: ['remove'],
  rm: ['remove'],
  ls: ['list'],
  get: ['show'],
  describe: ['show'],
  info: ['show'],
  update: ['set'],
  edit: ['set'],
  modify: ['set'],
  rotate: ['turn-over', 'new-secret'],
  'rotate-secret': ['new-secret'],
  renew: ['turn-over', 'new-secret'],
  lock: ['disable'],
  block: ['disable'],
  suspend: ['disable'],
  unlock: ['enable'],
  logout: ['end-sessions'],
  'sign-out': ['end-sessions'],
  revoke: ['end-sessions', 'revoke'],
  passwd: ['set-password'],
  'reset-password': ['start-reset', 'set-password'],
  'reset-mfa': ['reset-factors'],
  log: ['events'],
  logs: ['events'],
  audit: ['events'],
}

/** Returns the name of the command that another program calls so, if there is one. */
export function otherNameOf(name: string, commands: readonly Command[]): string | undefined {
  const names = commands.map((command) => command.name())
  return Object.hasOwn(SYNONYMS, name) ? SYNONYMS[name]?.find((other) => names.includes(other)) : undefined
}
