/** Options of serverless-offline that the local service reads or sets. */
export interface OfflineOptions {
  /** Folder from which functions run, relative to the service. Bundlers set it. */
  location?: string
  host?: string
  httpPort?: number | string
  lambdaPort?: number | string
  noSponsor?: boolean
  noTimeout?: boolean
  disableCookieValidation?: boolean
}
