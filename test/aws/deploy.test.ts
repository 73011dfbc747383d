import { rmSync } from 'node:fs'
import { afterAll } from 'vitest'
import { deployment, operator, recorder } from './stage.ts'

// One stage from its first deployment to its removal. Each step depends on the previous ones.
import './steps/deploy.ts'
import './steps/use.ts'
import './steps/mail.ts'
import './steps/smoke.ts'
import './steps/deploy-again.ts'
import './steps/keys.ts'
import './steps/remove.ts'
import './steps/recorded-actions.ts'

afterAll(() => {
  operator.leave()
  recorder.stop()
  rmSync(deployment.folder, { recursive: true })
})
