/** Options of serverless-offline that the local service reads or sets. */
export interface OfflineOptions {
  /** Folder from which functions run, relative to the service. Bundlers set it. */
  location?: string
  host?: string
  httpPort?: number | string
  /** Folder of a certificate, with which it listens on https. */
  httpsProtocol?: string
  lambdaPort?: number | string
  noSponsor?: boolean
  noTimeout?: boolean
  disableCookieValidation?: boolean
}
