import { asJson } from '../cli/output.ts'
import { type KeyState, nextStep, otherKey, otherSlot, type Step, targetOf } from './plan.ts'

/** What a stage says of its keys, and what `turn-over` would do with it. */
export function status(stage: string, region: string, state: KeyState, now: Date, json: boolean): string {
  const { signing, madeAt, tokenTtlSeconds, settledAt } = state
  const other = otherKey(state)
  const next = nextStep(state, targetOf(state), now)
  if (json) {
    const whole = {
      stage,
      region,
      signingKey: signing,
      otherKey: other,
      madeAt,
      tokenTtlSeconds,
      settledAt,
      next,
    }
    return asJson(whole)
  }
  const made = (slot: 'a' | 'b') => madeAt[slot]?.toISOString() ?? '-'
  return [
    `stage    ${stage} in ${region}, deployed ${settledAt.toISOString()}`,
    `signs    ${signing}, made ${made(signing)}`,
    `${other.padEnd(8)} ${otherSlot(signing)}, made ${made(otherSlot(signing))}`,
    `turn-over would ${inWords(next)}`,
    '',
  ].join('\n')
}

function inWords(step: Step): string {
  switch (step.do) {
    case 'done':
      return 'be done'
    case 'wait':
      return `wait until ${step.until.toISOString()}: ${step.why}`
    case 'deploy':
      return `deploy with signingKey=${step.signingKey} publishedKeys=${step.publishedKeys}`
  }
}
