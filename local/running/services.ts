import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DESCRIPTION, faultOfConnection, makeFolder, ownFolders } from './folder.ts'

/** A local service, as the commands of an operator find it. */
export interface RunningService {
  /** Name of the service. */
  service: string
  /** Folder of its project, without links. */
  project: string
  /** Address of the gateway. */
  url: string
  /** Address of DynamoDB. */
  dynamoDb: string
  /** Audience of its tokens. */
  audience: string
}

/** The socket shows whether the service still runs: its path is unique, and only its process listens on it. */
type Description = RunningService & { socket: string }

/** Where a service is described while it runs. */
export interface Place {
  /**
   * Path of the Unix socket for the Lambda API.
   *
   * The Lambda API runs every function without the gateway, and so without authorization. On a TCP port any
   * page in the developer's browser and any other user of the machine could call it. A socket is behind the
   * file system's permissions.
   */
  socket: string
  /** Describes the service to the commands of this user, until the process ends. Call it when the service listens. */
  describe(service: RunningService): void
}

/**
 * Makes the place of a local service: a folder that only this user may open. Each service has its own, so two of them, also of one
 * project, never write to the same file.
 *
 * @param temporary - Folder for temporary files.
 */
export async function makePlace(temporary = tmpdir()): Promise<Place> {
  const { folder, socket } = await makeFolder(temporary)
  return {
    socket,
    describe(service) {
      const description: Description = { ...service, project: realpathSync(service.project), socket }
      writeFileSync(join(folder, DESCRIPTION), JSON.stringify(description), { mode: 0o600 })
    },
  }
}

/**
 * Returns the local services of this user that run now. The ports of one that has crashed may belong to another program, so its
 * description counts only while its own process listens on the socket.
 *
 * @param temporary - Folder for temporary files.
 */
export async function runningServices(temporary = tmpdir()): Promise<RunningService[]> {
  const described = ownFolders(temporary).flatMap((folder) => readDescription(join(folder, DESCRIPTION)))
  const faults = await Promise.all(described.map(({ socket }) => faultOfConnection(socket)))
  return described.filter((_, index) => faults[index] === undefined).map(({ socket: _, ...one }) => one)
}

/** Returns no description for a service that has ended, or is about to start. */
function readDescription(file: string): Description[] {
  try {
    const { service, project, url, dynamoDb, audience, socket } = JSON.parse(readFileSync(file, 'utf8'))
    const all = { service, project, url, dynamoDb, audience, socket }
    return Object.values(all).every((value) => typeof value === 'string') ? [all] : []
  } catch {
    return []
  }
}
