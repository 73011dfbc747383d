/** The account id of moto. */
export const ACCOUNT = '123456789012'

export const REGION = 'eu-central-1'

/** Any values work: moto requires a signature and does not verify it. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }
