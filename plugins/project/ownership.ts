import type { Parameters, Service, WrittenFunction } from '../framework.d.ts'

/** Which parts of a service the plugin brings. The project that it is in brings the others. */
export interface Ownership {
  /** Keys of the functions that the plugin brings. */
  brought: ReadonlySet<string>
  /** The same, and those of the project that name `may` or `settings`. */
  functions: ReadonlySet<string>
  /** Logical ids of the resources that the plugin brings. Those of the project may get the same only by a fault. */
  resources: ReadonlySet<string>
  /** Names of parameters that the project defines or uses. */
  parameters: ReadonlySet<string>
  /** Values of parameters that the files of the project give, by stage; `default` are those for all. */
  written: Readonly<Record<string, Parameters>>
  /** Values of parameters that the command line takes away by `none`. */
  cleared: Parameters
}

const ownerships = new WeakMap<object, Partial<Ownership>>()

/** Says whose a part of a service is. The constructors of the plugin do, before any hook runs. */
export function setOwnership(serverless: object, part: Partial<Ownership>): void {
  ownerships.set(serverless, { ...ownerships.get(serverless), ...part })
}

/** Returns whose the parts of a service are. */
export const ownershipOf = (serverless: object): Ownership => ({
  brought: new Set(),
  functions: new Set(),
  resources: new Set(),
  parameters: new Set(),
  written: {},
  cleared: {},
  ...ownerships.get(serverless),
})

/** Returns the functions of the service by their keys, without those of the project. */
export function serviceFunctions<S extends { service: Pick<Service, 'functions'> }>(
  serverless: S,
): S['service']['functions'] {
  const { functions: keys } = ownershipOf(serverless)
  return Object.fromEntries(Object.entries(serverless.service.functions).filter(([key]) => keys.has(key)))
}

/** Whether a function of `serverless.yml` is one of the service, with its own role and settings. */
export const isServiceFunction = ({ may, settings }: WrittenFunction): boolean =>
  may !== undefined || settings !== undefined
