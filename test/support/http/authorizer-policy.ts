import { describeService } from '../process/service-description.ts'

const statement = (Effect: string, Resource: string | string[]) => ({
  Action: 'execute-api:Invoke',
  Effect,
  Resource,
})

/** Statements of the authorizer's policy for an administrator, who may call the whole stage. */
export const adminStatements = (stageArn: string) => [statement('Allow', `${stageArn}/*`)]

/** What the authorizer denies to callers without the roles for it, as `method/path=roles`. */
export const GUARDED_ROUTES = String(describeService().functions.authorizer?.environment?.GUARDED_ROUTES)

/** Those for a user, who may not call the routes of other roles. */
export const userStatements = (stageArn: string, guarded = GUARDED_ROUTES) => {
  const routes = guarded.split(' ').map((one) => one.split('='))
  const denied = routes.filter(([, roles = '']) => !roles.split('|').includes('user'))
  return [
    ...adminStatements(stageArn),
    statement(
      'Deny',
      denied.map(([resource]) => `${stageArn}/${resource}`),
    ),
  ]
}
