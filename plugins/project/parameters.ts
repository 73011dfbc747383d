import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { didYouMean } from '../../project/did-you-mean.ts'
import { IS_PACKAGE } from '../../project/origin.ts'
import { PARAMETER_NAMES } from '../../project/parameter-names.ts'
import type { Serverless } from '../framework.d.ts'

/**
 * Returns the names of the parameters that a project defines in `params`, or uses. A defined one that no text uses, and that is like one of
 * the plugin's, may be mistyped. In this repository it is. In another project a program may use it, or a file whose name has variables, so
 * a line says what it is like.
 */
export function ownParameters(serverless: Serverless): { names: ReadonlySet<string>; notices: string[] } {
  const { configurationFilename: file, configurationInput, serviceDir } = serverless
  const used = parametersUsedIn(serviceDir, file)
  const stages = Object.values(configurationInput.params ?? {})
  const defined = new Set(stages.flatMap((ofStage) => Object.keys(ofStage ?? {})))
  const others = [...defined].filter((name) => !PARAMETER_NAMES.some((one) => one === name))
  const doubtful = others.filter((name) => !used.has(name) && didYouMean(name, PARAMETER_NAMES) !== '')
  const notice = (name: string) =>
    `The parameter ${name} of ${file} is not one of serverless-jwt-auth.${didYouMean(name, PARAMETER_NAMES)}`
  return {
    names: new Set([...used, ...others.filter((name) => IS_PACKAGE || !doubtful.includes(name))]),
    notices: IS_PACKAGE ? doubtful.map(notice) : [],
  }
}

/**
 * Returns the names of the parameters that a configuration uses as `${param:name}`, in its file or in files that it names. They are
 * read as text, because the framework has resolved them before a plugin runs.
 *
 * @param folder - Of the service.
 * @param name - Of its configuration, such as `serverless.yml`.
 */
export function parametersUsedIn(folder: string, name: string): Set<string> {
  const names = new Set<string>()
  const waiting = [resolve(folder, name)]
  for (const path of waiting) {
    if (!existsSync(path)) continue
    const text = readFileSync(path, 'utf8')
    for (const [, used = ''] of text.matchAll(/\bparam:\s*([\w.-]+)/g)) names.add(used)
    for (const [, file = ''] of text.matchAll(/\bfile\(([^)]+)\)/g)) {
      // The framework finds a file from the folder of the service.
      const found = resolve(folder, file.trim())
      if (!waiting.includes(found)) waiting.push(found)
    }
  }
  return names
}
