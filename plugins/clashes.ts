import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../project/merge.ts'
import { DESCRIPTION } from '../project/project.ts'
import type { Resource, Service, WrittenFunction } from './framework.d.ts'
import { type Route, routesOf, shown } from './routes/routes.ts'

/** What ends a clash of functions. A function that is deployed cannot keep its name on AWS: CloudFormation makes the new one first. */
export const RENAME = 'Rename yours: its routes stay, and its name on AWS follows'

/** Of a function whose key stands for the authorizer. */
export const FAULT_OF_AUTH =
  'No function may have the name auth, because authorizer: auth has it. Rename yours, also where routes have it as authorizer: the routes stay, and its name on AWS follows.'

/** Parts of a template whose members have logical ids. */
const SECTIONS = ['Resources', 'Outputs', 'Conditions'] as const

type Template = Partial<Record<(typeof SECTIONS)[number] | 'extensions', Record<string, unknown>>>

/** What a deployed resource needs too: CloudFormation takes another logical id for another resource. */
const WITH_DATA = ', or if it is deployed with data, retain it and import it under the new id'

/** Returns a sentence for each logical id that both the project and the plugin define. */
export function faultsOfIds(project: Template, plugin: Template): string[] {
  return SECTIONS.flatMap((section) =>
    Object.keys(project[section] ?? {})
      .filter((id) => plugin[section] !== undefined && Object.hasOwn(plugin[section], id))
      .map(
        (id) =>
          `${section} of ${DESCRIPTION} has ${id}, and so has serverless-jwt-auth. Give yours another logical id${section === 'Resources' ? WITH_DATA : ''}.`,
      ),
  )
}

/** Returns a sentence for each resource of the project with the logical id of one that is made for the plugin. */
export const faultsOfMadeIds = (project: Template, made: Iterable<string>): string[] =>
  faultsOfIds(
    { Resources: project.Resources ?? {} },
    { Resources: Object.fromEntries([...made].map((id) => [id, null])) },
  )

/**
 * Returns a sentence for each name on AWS that two resources of the template have, one of which is the
 * plugin's. Names that only CloudFormation knows are not compared.
 *
 * @param plugin - Logical ids of the plugin's resources.
 */
export function faultsOfNames(resources: Record<string, Resource>, plugin: ReadonlySet<string>): string[] {
  const all = Object.entries(resources).map(([id, { Type, Properties }]) => {
    // FunctionName of AWS::Lambda::Function, TableName of AWS::DynamoDB::Table, and so on.
    const member = `${String(Type).split('::').at(-1)}Name`
    return { id, Type, member, name: Properties?.[member] }
  })
  const named = all.filter(({ name }) => typeof name === 'string')
  return named.flatMap(({ id, Type, member, name }, index) => {
    const other = named.slice(0, index).find((one) => one.Type === Type && one.name === name)
    if (other === undefined || !(plugin.has(id) || plugin.has(other.id))) return []
    return [
      `The resources ${other.id} and ${id} have the same ${member}, ${name}. Give yours another name, or serverless-jwt-auth another namePrefix before its first deployment.`,
    ]
  })
}

/** CloudFormation's limit for a stack. */
const MAX_RESOURCES = 500

/** Finds more resources than a stack may have. */
export function faultsOfNumber(resources: object): string[] {
  const { length } = Object.keys(resources)
  return length <= MAX_RESOURCES
    ? []
    : [
        `The stack has ${length} resources, and CloudFormation takes ${MAX_RESOURCES}. Move functions to a service of their own, or switch pages, oauth or monitoring off.`,
      ]
}

/** Returns a sentence for each member of `custom.auth` that both the project and the plugin define. */
export const faultsOfMembers = (project: unknown, plugin: object): string[] =>
  isObject(project)
    ? Object.keys(project)
        .filter((name) => Object.hasOwn(plugin, name))
        .map(
          (name) =>
            `custom.auth of ${DESCRIPTION} has ${name}, and so has serverless-jwt-auth. Give yours another name.`,
        )
    : project === undefined || project === null
      ? []
      : [`custom.auth of ${DESCRIPTION} must be an object: serverless-jwt-auth adds its settings there.`]

type Functions = Record<string, WrittenFunction | Service['functions'][string]>

/**
 * Returns a sentence for each route of the project that the API cannot have in addition to those of the
 * plugin. It has the same method and path, another name for the parameter at the same place, or its own CORS
 * on a path of the plugin.
 */
export function faultsOfRoutes(project: Functions, plugin: Functions): string[] {
  const routes = (functions: Functions) =>
    Object.entries(functions).flatMap(([key, one]) =>
      (one.events ?? []).flatMap((event) =>
        routesOf({ events: [event] }).map((route) => ({
          key,
          route,
          hasCors: Boolean(Object(event.http).cors),
        })),
      ),
    )
  const ofPlugin = routes(plugin)
  return routes(project).flatMap(({ key, route, hasCors }) => {
    const same = ofPlugin.find((other) => isSame(route, other.route))
    if (same !== undefined) {
      return [
        `Function ${key} has the route ${shown(route)}, which ${same.key} of serverless-jwt-auth has. Give yours another path, or make sign-in a project of its own, whose tokens yours verifies.`,
      ]
    }
    const shared = ofPlugin.find((other) => hasCors && isDeepStrictEqual(route.path, other.route.path))
    if (shared !== undefined) {
      return [
        `Function ${key} has cors at ${shown(route)}, and ${shared.key} of serverless-jwt-auth has ${shown(shared.route)}. A path has one preflight: give yours another path, or no cors.`,
      ]
    }
    const [named] = ofPlugin.flatMap((other) => {
      const name = otherName(route, other.route)
      return name === undefined ? [] : [{ ...other, name }]
    })
    return named === undefined
      ? []
      : [
          `Function ${key} has the route ${shown(route)}, and ${named.key} of serverless-jwt-auth has ${shown(named.route)}. API Gateway takes one name for a parameter at the same place: name yours ${named.name}.`,
        ]
  })
}

/** Whether two routes are one to API Gateway. A route with CORS also has OPTIONS. */
const isSame = (route: Route, other: Route): boolean =>
  [other.method, 'OPTIONS'].includes(route.method) && isDeepStrictEqual(route.path, other.path)

/** Returns the name that another route has for a parameter at the place of one with a different name. */
function otherName({ path }: Route, other: Route): string | undefined {
  const at = path.findIndex((segment, index) => segment !== other.path[index])
  const [one = '', name = ''] = at === -1 ? [] : [path[at], other.path[at]]
  return one.startsWith('{') && name.startsWith('{') ? name : undefined
}
