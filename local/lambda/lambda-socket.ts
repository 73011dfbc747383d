import { lstatSync, mkdtempSync, readdirSync, rmdirSync, rmSync, unlinkSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const FOLDER = 'jwt-auth-'
const SOCKET = 'lambda.sock'

/** Names that `mkdtemp` makes of {@link FOLDER}. */
const OWN_NAME = new RegExp(`^${FOLDER}[A-Za-z0-9]{6}$`)

/** A service that is starting has a folder and no socket yet. */
const STARTING_MS = 600_000

/** Longest path of a Unix socket, by the smallest `sun_path` (macOS: 104 bytes with the closing zero). */
const LONGEST_PATH = 103

/**
 * Returns a path for the Unix socket of the Lambda API, in a new folder that only this user may open.
 *
 * The Lambda API runs every function without the gateway, and so without authorization. On a TCP port any page in the
 * developer's browser and any other user of the machine could call it; a socket is behind the file system's permissions.
 *
 * The folder is removed when the process exits. After SIGKILL it stays, so the next start removes folders
 * without a listener.
 *
 * @param folder - Where to make it; `/tmp` is used instead if the path would be too long for a socket.
 */
export async function lambdaSocketPath(folder = tmpdir()): Promise<string> {
  // Windows has named pipes instead, outside the file system.
  if (process.platform === 'win32') return `\\\\.\\pipe\\${FOLDER}${process.pid}`
  await removeStale(folder)
  const parent = Buffer.byteLength(join(folder, `${FOLDER}XXXXXX`, SOCKET)) > LONGEST_PATH ? '/tmp' : folder
  // mkdtemp makes the folder with mode 0700.
  const own = mkdtempSync(join(parent, FOLDER))
  process.on('exit', () => rmSync(own, { recursive: true, force: true }))
  return join(own, SOCKET)
}

/**
 * Removes folders that an earlier service left: of this user, with its mode, and with nothing but its socket in them.
 * The folder of any other program may have such a name, so nothing is removed with its contents.
 */
async function removeStale(folder: string): Promise<void> {
  for (const name of readdirSync(folder).filter((one) => OWN_NAME.test(one))) {
    try {
      const own = join(folder, name)
      const { uid, mode, mtimeMs } = lstatSync(own)
      if (uid !== process.getuid?.() || (mode & 0o777) !== 0o700) continue
      const fault = await faultOfConnection(join(own, SOCKET))
      if (fault === 'ECONNREFUSED' && lstatSync(join(own, SOCKET)).isSocket()) unlinkSync(join(own, SOCKET))
      else if (fault !== 'ENOENT' || Date.now() - mtimeMs < STARTING_MS) continue
      // Fails if anything else is in the folder.
      rmdirSync(own)
    } catch {
      // It stays.
    }
  }
}

/** Connects to a socket and returns the code of the error, or `undefined` if a process listens. */
function faultOfConnection(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
}

/** Response of the Lambda API to an Invoke call. */
export interface Invocation {
  /** Whether the function returned. */
  isReturned: boolean
  /** What the function returned or threw, as JSON. */
  payload: string
}

/**
 * Invokes a function by the Lambda API.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function invokeFunction(socketPath: string, name: string, event: object): Promise<Invocation> {
  const path = `/2015-03-31/functions/${name}/invocations`
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, method: 'POST' }, async (response) => {
      const isReturned = response.statusCode === 200 && response.headers['x-amz-function-error'] === undefined
      resolve({ isReturned, payload: await text(response) })
    })
    call.on('error', reject).end(JSON.stringify(event))
  })
}
