import { testInvocations } from './invoke-local.ts'

// `test/docs/readme.test.ts` invokes a login and the authorizer.
testInvocations(['authorizer-forged-token'])
