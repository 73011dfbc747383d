import { type EventBridgeCall, eventBridge } from '../../lib/events/bus.ts'
import { type EventBusValue, OUTGOING } from '../../lib/events/outgoing.ts'
import type { Bus } from '../../lib/events/publish.ts'
import { endpointsOf, openAccount } from '../cli/account.ts'
import type { Environment } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import type { TargetOptions } from '../cli/target.ts'
import { stackOf } from '../cli/target-stack.ts'

/** A rule of the bus, and the types of events that it is for. Without a list, it may be for all. */
export interface Rule {
  name: string
  types?: string[] | undefined
}

/**
 * Finds the bus of a stage.
 *
 * @param name - Of its table, which is that of its bus, too.
 * @throws {@link Refusal} `refused`, if the stage has none.
 */
export async function findBus(
  options: TargetOptions,
  name: string,
  env: Environment,
): Promise<{ bus: Bus; call: EventBridgeCall }> {
  const { stage = '', local } = options
  if (local)
    throw new Refusal('usage', 'Use --stage NAME. The local service sends each event when it happens.')
  const { stack, outputOf } = await stackOf(options, env)
  const value = outputOf(stack, 'EventBus')
  if (!Object.hasOwn(OUTGOING, value)) {
    throw new Refusal('refused', `Stage ${stage} has no event bus. Deploy it with eventBus=changes or all.`)
  }
  const account = await openAccount(stage, options, env)
  const endpoint = env.AWS_ENDPOINT_URL_EVENTBRIDGE
  return {
    bus: { name, source: outputOf(stack, 'Issuer'), types: OUTGOING[value as EventBusValue] },
    call: eventBridge({ ...account, endpoints: {} }, endpoint ? new URL(endpoint) : endpointsOf(env).all),
  }
}

/** Returns the rules of a bus that are on. */
export async function rulesOf(call: EventBridgeCall, { name: EventBusName }: Bus): Promise<Rule[]> {
  const rules: Rule[] = []
  let NextToken: unknown
  do {
    const page = await call('ListRules', { EventBusName, ...(NextToken ? { NextToken } : {}) })
    for (const { Name, State, EventPattern } of (page.Rules ?? []) as Record<string, string>[]) {
      const types = JSON.parse(EventPattern ?? '{}')['detail-type']
      const isList = Array.isArray(types) && types.every((type) => typeof type === 'string')
      if (State !== 'DISABLED') rules.push({ name: String(Name), types: isList ? types : undefined })
    }
    NextToken = page.NextToken
  } while (NextToken)
  return rules
}
