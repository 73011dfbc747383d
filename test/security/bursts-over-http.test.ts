import { testBurstsOverHttp } from '../support/bursts-over-http-tests.ts'

testBurstsOverHttp('representatives')
