import { createHash } from 'node:crypto'
import { unlink } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { systemRandom } from '../../core/base/clock.ts'
import { firstUnkeptSlot, type SlotLocks } from '../../core/identity/index.ts'

/** Processes that share one data folder and have a slot of their own; more get one for a visit. */
const maxSlots = 64

interface Claim {
  readonly slot: number
  release(): void
}

/**
 * Slots of the processes that share a data folder. A slot is held by listening on a local socket name, which the system frees
 * when the process ends, however it ends; nothing is ever read from it.
 */
export class SocketSlots implements SlotLocks {
  readonly #scope: string

  /** @param path the peer's data folder */
  constructor(path: string) {
    this.#scope = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 24)
  }

  async claim(preferred?: number): Promise<Claim> {
    const order = Array.from({ length: maxSlots }, (_, slot) => slot)
    if (preferred !== undefined && order.includes(preferred)) order.unshift(preferred)
    for (const slot of order) {
      const claim = await this.#hold(slot)
      if (claim !== undefined) return claim
    }
    const random = new DataView(systemRandom(4).buffer).getUint32(0)
    return { slot: firstUnkeptSlot + random, release: () => undefined }
  }

  async #hold(slot: number): Promise<Claim | undefined> {
    const name = socketName(`tessera-${this.#scope}-${String(slot)}`)
    const release = (await listen(name)) ?? ((await clearStale(name)) ? await listen(name) : undefined)
    return release === undefined ? undefined : { slot, release }
  }
}

/** Names that vanish with their process on Linux (abstract) and Windows (pipes); elsewhere a file in the temporary folder. */
function socketName(name: string): string {
  if (process.platform === 'linux') return `\0${name}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`
  return join(tmpdir(), name)
}

/** Listens on a name and gives the function that lets go of it, or undefined when somebody else has it. */
async function listen(name: string): Promise<(() => void) | undefined> {
  return await new Promise((settle, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.unref() // a slot keeps no process alive
    server.on('error', (cause: NodeJS.ErrnoException) => {
      // The second is what Windows and shared temporary folders say of a name that another person has.
      if (cause.code === 'EADDRINUSE' || cause.code === 'EACCES') settle(undefined)
      else reject(cause)
    })
    server.listen(name, () => settle(() => void server.close()))
  })
}

/** Removes a socket file whose process died; true when the name may be tried again. */
async function clearStale(name: string): Promise<boolean> {
  if (process.platform === 'linux' || process.platform === 'win32') return false
  const alive = await new Promise<boolean>((settle) => {
    const socket = connect(name, () => {
      socket.destroy()
      settle(true)
    })
    socket.once('error', (cause: NodeJS.ErrnoException) => settle(cause.code !== 'ECONNREFUSED'))
  })
  if (!alive) await unlink(name).catch(() => undefined) // another process may have removed it first
  return !alive
}
