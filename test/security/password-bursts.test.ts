import { testPasswordBursts } from '../support/password-burst-tests.ts'

testPasswordBursts('representatives')
