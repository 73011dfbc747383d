/** The account that moto has. */
export const ACCOUNT = '123456789012'

export const REGION = 'eu-central-1'

/** Anything will do: moto asks for a signature and does not look at it. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }
