import type { Package } from './packaged.ts'

export interface Filter {
  LogGroupName: { Ref: string }
  FilterPattern: string
  MetricTransformations: [
    { MetricNamespace: string; MetricName: string; Dimensions?: { Key: string; Value: string }[] },
  ]
}

/** What the names of everything in the stage `prod` begin with. */
export const PREFIX = 'serverless-jwt-auth-prod'

/** Properties of all resources of a type. */
export const propertiesOf = <T>({ resources }: Package, type: string): T[] =>
  Object.values(resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties as T)

export const filtersIn = (template: Package) => propertiesOf<Filter>(template, 'AWS::Logs::MetricFilter')

/** The patterns of the filters that make a metric out of what a function writes to its log group. */
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
