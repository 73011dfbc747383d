const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

const statement = (Effect: string, Resource: string | string[]) => ({
  Action: 'execute-api:Invoke',
  Effect,
  Resource,
})

/** Statements of the authorizer's policy for an administrator, who may call the whole stage. */
export const adminStatements = (stageArn: string) => [statement('Allow', `${stageArn}/*`)]

/** Those for a user, who may not call `/admin`. */
export const userStatements = (stageArn: string) => [
  ...adminStatements(stageArn),
  statement(
    'Deny',
    METHODS.flatMap((method) => [`${stageArn}/${method}/admin`, `${stageArn}/${method}/admin/*`]),
  ),
]
