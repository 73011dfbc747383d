import { Refusal } from '../cli/refusal.ts'
import { COMING_SECONDS, type KeyState, nextStep, otherSlot, type Step, targetOf } from './plan.ts'

type Deployment = Extract<Step, { do: 'deploy' }>
type Waiting = Extract<Step, { do: 'wait' }>

/** The stage, the terminal and the clock, as a turnover uses them. */
export interface World {
  read(): Promise<KeyState>
  /**
   * Deploys, with the lifetime of tokens as before.
   *
   * @returns Whether the deployment succeeded.
   */
  deploy(deployment: Deployment, tokenTtlSeconds: number): Promise<boolean>
  /** Waits, unless it is interrupted. */
  wait(waiting: Waiting): Promise<void>
  now(): Date
  print(line: string): void
}

const PARAMETERS =
  'Parameters that are neither in serverless.yml nor given here are set back to their defaults.'

/**
 * Makes the coming key sign. Once no token of the previous key is valid, replaces that key by a new one. It
 * reads the next step from the stage each time. So it continues an interrupted turnover, and other
 * deployments at the same time do no harm.
 *
 * @param atOnce - Do not wait. This revokes the access tokens of the previous key.
 * @returns The message for the operator at the end.
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
      if (!hasDeployed) world.print(PARAMETERS)
      hasDeployed = true
      world.print(describe(step))
      state = await deploy(world, step, state)
      const next = nextStep(state, target, world.now(), atOnce)
      if (isSameDeployment(next, step)) {
        throw new Refusal('failed', 'The deployment succeeded, but the keys of the stage did not change.')
      }
    }
  }
}

const isSameDeployment = (next: Step, { signingKey, publishedKeys }: Deployment) =>
  next.do === 'deploy' && next.signingKey === signingKey && next.publishedKeys === publishedKeys

async function deploy(world: World, step: Deployment, { tokenTtlSeconds }: KeyState): Promise<KeyState> {
  if (await world.deploy(step, tokenTtlSeconds)) return await world.read()
  // The likeliest reason is another deployment under way. Then this throws an error that names it.
  await world.read()
  throw new Refusal(
    'failed',
    'The deployment failed; see its output above. Run the same command again to continue.',
  )
}

function describe({ signingKey, publishedKeys }: Deployment): string {
  if (publishedKeys !== 'a,b') return `Deploying: key ${otherSlot(signingKey)} is deleted.`
  return `Deploying: key ${signingKey} signs, both keys are published.`
}

function farewell({ signing, settledAt }: KeyState): string {
  const ready = new Date(settledAt.getTime() + COMING_SECONDS * 1000).toISOString()
  return [
    `Done: key ${signing} signs, and a new key ${otherSlot(signing)} is published.`,
    `Key ${otherSlot(signing)} may sign from ${ready} on.`,
    '',
  ].join('\n')
}
