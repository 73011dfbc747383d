import { asJson, list } from '../cli/terminal/table.ts'
import { type KeyState, nextStep, otherKey, otherSlot, type Slot, type Step, targetOf } from './plan.ts'

const WIDTH = 80

/** Formats the state of a stage's keys, and the next step of `turn-over`. */
export function status(stage: string, region: string, state: KeyState, now: Date, json: boolean): string {
  const { signing, madeAt, tokenTtlSeconds, settledAt } = state
  const other = otherKey(state)
  const next = nextStep(state, targetOf(state), now)
  if (json) {
    const keys = { signingKey: signing, otherKey: other, madeAt }
    return asJson({ stage, region, ...keys, tokenTtlSeconds, settledAt, next })
  }
  const created = (slot: Slot) => {
    const at = madeAt[slot]
    return at === undefined ? `${slot}, deleted` : `${slot}, created ${at.toISOString()}`
  }
  return list(
    [
      ['stage', `${stage} in ${region}, deployed ${settledAt.toISOString()}`],
      ['signs', created(signing)],
      [other, created(otherSlot(signing))],
      ['next', inWords(next)],
      ...(next.do === 'wait' ? [['', next.why] as const] : []),
    ],
    WIDTH,
  )
}

function inWords(step: Step): string {
  switch (step.do) {
    case 'done':
      return 'done'
    case 'wait':
      return `wait until ${step.until.toISOString()}`
    case 'deploy':
      return `deploy with signingKey=${step.signingKey} publishedKeys=${step.publishedKeys}`
  }
}
