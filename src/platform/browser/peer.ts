import '../../core/base/polyfill.ts'
import { systemClock, systemRandom } from '../../core/base/clock.ts'
import { silent } from '../../core/base/logger.ts'
import {
  createMemoryKeyVault,
  createVerifier,
  openIdentity,
  type KeyVault,
} from '../../core/identity/index.ts'
import { createPeer, type Peer } from '../../core/peer.ts'
import { createCesPool } from './ces-pool.ts'
import { WorkerFileServer } from './file-server.ts'
import { BrowserMedia } from './media.ts'
import { createBrowserMesh } from './mesh.ts'
import { nextTask } from '../../core/base/next-task.ts'
import { openProfile } from './profile.ts'
import { RelayConfig } from './relay-config.ts'
import { WebLockSlots } from './slots.ts'

/** What the browser gives: the peer, not started, and what of this page the core does not know. */
export interface BrowserPeer {
  readonly peer: Peer
  readonly streams: BrowserMedia
  readonly server: WorkerFileServer
}

/** This tab's peer with the browser's stores, links, workers and devices; not started. */
export function createBrowserPeer(): Promise<BrowserPeer> {
  const relay = new RelayConfig()
  const streams = new BrowserMedia(
    () => relay.iceServers(),
    () => relay.refresh(),
  )
  let keys: KeyVault | undefined
  // Asked for now, so that the answer is there when the mesh wants it.
  const first = relay.addresses()
  let asked = false
  const relays = (): Promise<readonly string[]> => {
    if (asked) return relay.addresses()
    asked = true
    return first
  }
  const peer = createPeer({
    openStores: async (onLost) => {
      const profile = await openProfile(onLost)
      keys = profile.keys
      return profile
    },
    openIdentity: async () => {
      await nextTask()
      const opened = await openIdentity({
        keys: keys ?? createMemoryKeyVault(systemRandom),
        slots: new WebLockSlots(),
      })
      await nextTask()
      return opened
    },
    createMesh: (identity, hints) =>
      createBrowserMesh({
        identity,
        relays: async () => [...(await relays()), ...hints()],
        iceServers: () => relay.iceServers(),
        breathe: nextTask,
        clock: systemClock,
        random: systemRandom,
        logger: silent,
      }),
    createEngine: () => createCesPool(),
    media: streams,
    verify: createVerifier(),
    clock: systemClock,
    random: systemRandom,
    logger: silent,
    appVersion: __APP_VERSION__,
  })
  // Absent on plain http, whatever the types say.
  const workers = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker
  return Promise.resolve({ peer, streams, server: new WorkerFileServer(workers, systemClock) })
}
