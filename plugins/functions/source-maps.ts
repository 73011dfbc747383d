import { localBuild } from '../../local/reload.ts'
import { IS_PACKAGE } from '../../project/origin.ts'
import type { Serverless } from '../framework.d.ts'
import bundlePlugins from '../page-files.ts'
import { functionsWritten } from '../project/functions.ts'
import { SWITCHED_HANDLERS } from './switches.ts'

/** Makes stack traces name the TypeScript source. Commands that package do not come here, so a package has no source map. */
export function mapSources({ configurationInput, processedInput }: Serverless): void {
  if (processedInput.commands[0] === 'invoke') process.setSourceMapsEnabled(true)
  if (IS_PACKAGE) return
  const { functions = {}, custom } = configurationInput
  const all = functionsWritten([functions, ...Object.values(custom.auth.functions.files)].flat())
  const handlers = [...Object.values(all).map(({ handler }) => handler), ...SWITCHED_HANDLERS]
  Object.assign(custom.esbuild, localBuild(handlers, bundlePlugins))
}
