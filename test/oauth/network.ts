import { atEnd } from '../support/at-end.ts'
import { type DocumentHost, startDocumentHost } from './document-host.ts'

/** Starts the host of documents, and puts it into a network that the file has made for `edgeOf`, until the end of the file. */
export async function useDocumentHost(network: { host: DocumentHost | undefined }): Promise<DocumentHost> {
  const host = await startDocumentHost()
  network.host = host
  atEnd(() => host.stop())
  return host
}
