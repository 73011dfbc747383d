import { describeService } from '../support/process/service-description.ts'

export const POOL = { oldPool: 'eu-west-3_AbCdEf123', oldPoolClient: '1example23456789abcdefghij' }

export const ENDPOINT = {
  passwordsUrl: 'https://old.example.com/verify',
  passwordsSecret: Buffer.alloc(160, 7).toString('base64'),
}

/** Returns the service with each old place of passwords. */
export const describePlaces = () => ({ pool: describeService(POOL), endpoint: describeService(ENDPOINT) })
