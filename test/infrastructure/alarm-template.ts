import { functionName, usualPrefix } from '../../project/names.ts'
import type { Package } from './packaged.ts'

export interface Filter {
  LogGroupName: { Ref: string }
  FilterPattern: string
  MetricTransformations: [
    { MetricNamespace: string; MetricName: string; Dimensions?: { Key: string; Value: string }[] },
  ]
}

/** Returns the prefix of all names in a stage. */
export const prefixOf = ({ stackTags }: Package): string =>
  usualPrefix(String(stackTags.service), String(stackTags.stage))

/** Returns the properties of all resources of a type. */
export const propertiesOf = <T>({ resources }: Package, type: string): T[] =>
  Object.values(resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties as T)

export const filtersIn = (template: Package) => propertiesOf<Filter>(template, 'AWS::Logs::MetricFilter')

/** Returns the logical id of the log group that a function writes to. */
export function logGroupOf(template: Package, functionKey: string): string | undefined {
  const { resources } = template
  const { service = '', stage = '' } = template.stackTags
  // Those of `serverless.yml` have the framework's names.
  const names = [prefixOf(template), `${service}-${stage}`].map((prefix) => functionName(prefix, functionKey))
  const lambda = Object.values(resources).find(({ Properties }) =>
    names.includes(String(Properties.FunctionName)),
  )
  const { LogGroup } = Object(lambda?.Properties.LoggingConfig)
  return Object.entries(resources).find(([, { Properties }]) => Properties.LogGroupName === LogGroup)?.[0]
}

/** Returns the patterns of the metric filters on a function's log group that feed one metric. */
export function patternsOf(template: Package, functionKey: string, metricName: string): string[] {
  const logGroup = logGroupOf(template, functionKey)
  return filtersIn(template)
    .filter(
      ({ LogGroupName, MetricTransformations: [metric] }) =>
        LogGroupName.Ref === logGroup && metric.MetricName === metricName,
    )
    .map(({ FilterPattern }) => FilterPattern)
}
