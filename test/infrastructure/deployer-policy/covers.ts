/** Whether an action of a policy, which may end with a wildcard, allows another one. Actions have no case. */
export const covers = (pattern: string, action: string) =>
  pattern.endsWith('*')
    ? action.toLowerCase().startsWith(pattern.slice(0, -1).toLowerCase())
    : action.toLowerCase() === pattern.toLowerCase()
