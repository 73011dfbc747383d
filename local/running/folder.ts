import { lstatSync, mkdtempSync, readdirSync, rmdirSync, rmSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

const FOLDER = 'jwt-auth-'

/** Name of the socket in a folder, and of the file that describes the service. */
const SOCKET = 'lambda.sock'
export const DESCRIPTION = 'service.json'

/** Names that `mkdtemp` makes of {@link FOLDER}. */
const OWN_NAME = new RegExp(`^${FOLDER}[A-Za-z0-9]{6}$`)

/** A service that is starting has a folder and no socket yet. */
const STARTING_MS = 600_000

/** Longest path of a Unix socket, by the smallest `sun_path` (macOS: 104 bytes with the closing zero). */
const LONGEST_PATH = 103

/** Windows has named pipes instead of sockets in its file system, and neither owners nor modes of folders. */
const IS_WINDOWS = process.platform === 'win32'

/** Folders of this process. */
const made: string[] = []

const removeMade = () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
}

/** Returns the folder that holds those of the services: the one for temporary files, unless the path of a socket would be too long. */
const parentOf = (temporary: string): string =>
  !IS_WINDOWS && Buffer.byteLength(join(temporary, `${FOLDER}XXXXXX`, SOCKET)) > LONGEST_PATH
    ? '/tmp'
    : temporary

/**
 * Makes the folder of a local service, which only this user may open, for its socket and its description.
 *
 * The folder is removed when the process exits. After SIGKILL it stays, so the next start removes folders without a listener.
 *
 * @param temporary - Folder for temporary files.
 * @returns The folder, and a path in it for a Unix socket. On Windows it is the path of a pipe.
 */
export async function makeFolder(temporary: string): Promise<{ folder: string; socket: string }> {
  const parent = parentOf(temporary)
  if (!IS_WINDOWS) await removeStale(parent)
  // mkdtemp makes the folder with mode 0700.
  const folder = mkdtempSync(join(parent, FOLDER))
  if (made.push(folder) === 1) process.on('exit', removeMade)
  return { folder, socket: IS_WINDOWS ? `\\\\.\\pipe\\${FOLDER}${process.pid}` : join(folder, SOCKET) }
}

/**
 * Returns the folders of services of this user. Another user of the machine can make a folder with such a name, but none that belongs
 * to this user.
 */
export function ownFolders(temporary: string): string[] {
  const parent = parentOf(temporary)
  return readdirSync(parent)
    .filter((name) => OWN_NAME.test(name))
    .map((name) => join(parent, name))
    .filter(isOwn)
}

function isOwn(folder: string): boolean {
  try {
    const { uid, mode } = lstatSync(folder)
    return IS_WINDOWS || (uid === process.getuid?.() && (mode & 0o777) === 0o700)
  } catch {
    // Its service has ended.
    return false
  }
}

/**
 * Removes folders that an earlier service left: of this user, with its mode, and with nothing but its socket and its description in
 * them. The folder of any other program may have such a name, so nothing is removed with its contents.
 */
async function removeStale(parent: string): Promise<void> {
  for (const own of ownFolders(parent)) {
    try {
      const socket = join(own, SOCKET)
      const { mtimeMs } = lstatSync(own)
      const fault = await faultOfConnection(socket)
      if (fault === 'ECONNREFUSED' && lstatSync(socket).isSocket()) {
        rmSync(join(own, DESCRIPTION), { force: true })
        unlinkSync(socket)
      } else if (fault !== 'ENOENT' || Date.now() - mtimeMs < STARTING_MS) continue
      // Fails if anything else is in the folder.
      rmdirSync(own)
    } catch {
      // It stays.
    }
  }
}

/** Connects to a socket and returns the code of the error, or `undefined` if a process listens. */
export function faultOfConnection(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
}
