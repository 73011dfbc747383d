const statement = (Effect: string, Resource: string | string[]) => ({
  Action: 'execute-api:Invoke',
  Effect,
  Resource,
})

/** Statements of the authorizer's policy for an administrator, who may call the whole stage. */
export const adminStatements = (stageArn: string) => [statement('Allow', `${stageArn}/*`)]

/** Those for a user, who may not call the routes of administrators. */
export const userStatements = (stageArn: string) => [
  ...adminStatements(stageArn),
  statement('Deny', [`${stageArn}/GET/admin`, `${stageArn}/GET/admin/`]),
]
