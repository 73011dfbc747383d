import { inject } from 'vitest'
import { recordEventsAt } from '../../local/outgoing/record.ts'
import { atEnd } from '../at-end.ts'
import { type Service, startService } from './service.ts'

/**
 * Starts a service as `npm start` does, until the end of the file or of the test. It takes seconds: a test that needs no parameters takes
 * `inject('serviceUrl')`.
 *
 * @param start - `params`: deploy parameters, as after `--param`. `options`: of Node.js, for the service and the threads of its
 *   functions. `folder` of the service; the default is this repository. `port` of `freePort`, if parameters have the address of the service.
 */
export async function useLocalService(
  start: { params?: Record<string, string>; options?: string[]; folder?: string; port?: number } = {},
): Promise<Service> {
  const service = await startService(start.params, start.options, start.folder, start.port)
  atEnd(async () => {
    await recordEventsAt(service.dynamoDbUrl, inject('eventsFile'))
    await service.stop()
  })
  return service
}
