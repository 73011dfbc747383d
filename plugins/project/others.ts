import { IS_PACKAGE } from '../../project/origin.ts'
import type { Serverless } from '../framework.d.ts'
import { ownershipOf } from './ownership.ts'

/** Runs functions on a developer's machine, those of the package too. */
const OFFLINE = 'ServerlessOffline'

/**
 * Hides the functions of the package from hooks of other plugins: such a hook may bundle, invoke, watch or count every function that it
 * finds. The framework still finds them, also if such a hook runs a command of it.
 *
 * @param own - Plugins that see all functions, beside those of the framework.
 */
export function hideFromOthers(serverless: Serverless, own: ReadonlySet<object>): void {
  if (!IS_PACKAGE) return
  const { hooks, plugins, externalPlugins } = serverless.pluginManager
  const others = plugins.filter(
    (one) => externalPlugins.has(one) && !own.has(one) && one.constructor.name !== OFFLINE,
  )
  const hooksOf = (some: typeof others) => new Set(some.flatMap((one) => Object.values({ ...one.hooks })))
  const hiding = hooksOf(others)
  const webpack = hooksOf(others.filter(({ commands }) => commands?.webpack))
  let areHidden = false
  for (const one of Object.values(hooks).flat()) {
    const { hook } = one
    one.hook = async () => {
      // It compiles the function that `sls invoke local` names.
      if (webpack.has(hook) && isBrought(serverless)) return
      const before = areHidden
      areHidden = hiding.has(hook)
      const { functions } = serverless.service
      setEnumerable(serverless, !areHidden)
      try {
        await hook()
      } finally {
        if (areHidden) restore(serverless, functions)
        areHidden = before
        setEnumerable(serverless, !areHidden)
      }
    }
  }
}

/** Whether the command is for one function of the package. */
const isBrought = (serverless: Serverless): boolean =>
  ownershipOf(serverless).brought.has(serverless.processedInput.options.function ?? '')

/** Lets loops over the functions find those of the package, or not. By its key each is found: serverless-offline may run it at that time. */
function setEnumerable(serverless: Serverless, enumerable: boolean): void {
  const { functions } = serverless.service
  for (const key of ownershipOf(serverless).brought) {
    if (Object.hasOwn(functions, key)) Object.defineProperty(functions, key, { enumerable })
  }
}

/** Gives the functions of the package to an object that another plugin made of those that it found. */
function restore(serverless: Serverless, all: Serverless['service']['functions']): void {
  const { service } = serverless
  if (service.functions === all) return
  for (const key of ownershipOf(serverless).brought) {
    const definition = all[key]
    if (definition !== undefined) service.functions[key] ??= definition
  }
}
