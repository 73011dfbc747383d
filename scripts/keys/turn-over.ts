import { Refusal } from '../cli/refusal.ts'
import { COMING_SECONDS, type KeyState, nextStep, otherSlot, type Step, targetOf } from './plan.ts'

type Deployment = Extract<Step, { do: 'deploy' }>
type Waiting = Extract<Step, { do: 'wait' }>

/** What a turnover does to the world, and learns from it. */
export interface World {
  read(): Promise<KeyState>
  /**
   * Deploys, with tokens that live as long as before.
   *
   * @returns Whether it went well.
   */
  deploy(deployment: Deployment, tokenTtlSeconds: number): Promise<boolean>
  /** Waits, unless it is interrupted. */
  wait(waiting: Waiting): Promise<void>
  now(): Date
  tell(line: string): void
}

const PARAMETERS = 'Parameters that are neither in serverless.yml nor given here go back to their defaults.'

/**
 * Makes the coming key sign, and replaces the one that signed before, once no token of it is good any more. What is
 * next is asked of the stage before each step, so whatever ended an earlier turnover, or happens beside this one, it
 * goes on from there.
 *
 * @param atOnce - Do not wait, at the price of the tokens that are out.
 * @returns What the operator is told in the end.
 * @throws {@link Refusal} `failed` if a deployment failed or changed nothing, and what the world throws.
 */
export async function turnOver(world: World, atOnce: boolean): Promise<string> {
  let state = await world.read()
  const target = targetOf(state)
  let hasDeployed = false
  for (;;) {
    const step = nextStep(state, target, world.now(), atOnce)
    if (step.do === 'done') return farewell(state)
    if (step.do === 'wait') {
      await world.wait(step)
      state = await world.read()
    } else {
      if (!hasDeployed) world.tell(PARAMETERS)
      hasDeployed = true
      world.tell(describe(step))
      state = await deploy(world, step, state)
      const next = nextStep(state, target, world.now(), atOnce)
      if (
        next.do === 'deploy' &&
        next.publishedKeys === step.publishedKeys &&
        next.signingKey === step.signingKey
      ) {
        throw new Refusal(
          'failed',
          'The deployment ended well, but the stage says the same of its keys as before.',
        )
      }
    }
  }
}

async function deploy(world: World, step: Deployment, { tokenTtlSeconds }: KeyState): Promise<KeyState> {
  if (await world.deploy(step, tokenTtlSeconds)) return await world.read()
  // Somebody else's deployment is the likeliest reason, and this says so.
  await world.read()
  throw new Refusal('failed', 'The deployment failed, as told above. Run the same command again to go on.')
}

function describe({ signingKey, publishedKeys }: Deployment): string {
  if (publishedKeys !== 'a,b') return `Key ${otherSlot(signingKey)} goes: deploying without it.`
  return `Key ${signingKey} signs, both are published: deploying.`
}

function farewell({ signing, settledAt }: KeyState): string {
  const ready = new Date(settledAt.getTime() + COMING_SECONDS * 1000).toISOString()
  return `Done: key ${signing} signs, and a fresh key ${otherSlot(signing)} is published. It may sign from ${ready} on.\n`
}
