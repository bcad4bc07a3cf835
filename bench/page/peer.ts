import { systemClock, systemRandom } from '../../src/core/base/clock.ts'
import { silent } from '../../src/core/base/logger.ts'
import { createChat } from '../../src/core/chat/index.ts'
import { createFiles, type Files } from '../../src/core/files/index.ts'
import { createVerifier, openIdentity } from '../../src/core/identity/index.ts'
import { createRoom, type Room } from '../../src/core/room/index.ts'
import { encodeRoomLink, newRoomLink, parseRoomLink } from '../../src/core/room/link.ts'
import { createCesPool } from '../../src/platform/browser/ces-pool.ts'
import { IdbKeyVault } from '../../src/platform/browser/key-vault.ts'
import { createBrowserMesh } from '../../src/platform/browser/mesh.ts'
import { RelayConfig } from '../../src/platform/browser/relay-config.ts'
import { WebLockSlots } from '../../src/platform/browser/slots.ts'
import { openBrowserStorage } from '../../src/platform/browser/storage.ts'

/** A room's parts that a bench needs, started. */
export interface BenchPeer {
  readonly link: string
  readonly room: Room
  readonly files: Files
}

/** Puts the app's own parts together as `createPeer` does, but with a budget that can be chosen and no calls. */
export async function enterRoom(
  linkText: string | undefined,
  budgetBytes: number | undefined,
): Promise<BenchPeer> {
  const relay = new RelayConfig()
  const stores = await openBrowserStorage()
  const keys = new IdbKeyVault(stores.database)
  const { identity } = await openIdentity({ keys, slots: new WebLockSlots() })
  const platform = { clock: systemClock, random: systemRandom, logger: silent }
  const mesh = createBrowserMesh({
    ...{ ...platform, identity },
    relays: () => relay.addresses(),
    iceServers: () => relay.iceServers(),
  })
  await mesh.start()
  const link = linkText === undefined ? newRoomLink(systemRandom) : parseRoomLink(linkText)
  const shared = { ...platform, identity, verify: createVerifier() }
  const room = createRoom(
    { ...shared, mesh, settings: stores.settings },
    { link, name: 'Bench', appVersion: __APP_VERSION__ },
  )
  const chat = createChat({ ...shared, room, logs: stores.logs })
  const files = createFiles(
    { ...shared, room, chat, shards: stores.shards, engine: createCesPool(), space: () => stores.estimate() },
    budgetBytes === undefined ? {} : { budgetBytes },
  )
  await chat.start()
  await files.start()
  await room.start()
  return { link: encodeRoomLink(link, location.origin), room, files }
}
