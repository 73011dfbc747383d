import type { Package } from './packaged.ts'

export interface Filter {
  LogGroupName: { Ref: string }
  FilterPattern: string
  MetricTransformations: [
    { MetricNamespace: string; MetricName: string; Dimensions?: { Key: string; Value: string }[] },
  ]
}

/** The prefix of all names in the stage `prod`. */
export const PREFIX = 'serverless-jwt-auth-prod'

/** Returns the properties of all resources of a type. */
export const propertiesOf = <T>({ resources }: Package, type: string): T[] =>
  Object.values(resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties as T)

export const filtersIn = (template: Package) => propertiesOf<Filter>(template, 'AWS::Logs::MetricFilter')

/** Returns the patterns of the metric filters on a function's log group that feed one metric. */
export function patternsOf(template: Package, functionKey: string, metricName: string): string[] {
  const name = `/aws/lambda/${PREFIX}-${functionKey}`
  const logGroup = Object.entries(template.resources).find(
    ([, { Properties }]) => Properties.LogGroupName === name,
  )?.[0]
  return filtersIn(template)
    .filter(
      ({ LogGroupName, MetricTransformations: [metric] }) =>
        LogGroupName.Ref === logGroup && metric.MetricName === metricName,
    )
    .map(({ FilterPattern }) => FilterPattern)
}
