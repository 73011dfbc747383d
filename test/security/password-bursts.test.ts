import { testPasswordBursts } from './password-burst-tests.ts'

testPasswordBursts('representatives')
