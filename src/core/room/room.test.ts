import { afterEach, describe, expect, it } from 'vitest'
import { systemClock, systemRandom } from '../base/clock.ts'
import { VersionError } from '../base/errors.ts'
import { silent } from '../base/logger.ts'
import { ManualClock, settle } from '../base/testing/manual-clock.ts'
import { createVerifier, type Identity } from '../identity/index.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import type { Mesh, MeshStream } from '../mesh/index.ts'
import { LoopbackNetwork, type LoopbackMesh } from '../mesh/testing/loopback.ts'
import { createMemoryMesh, MemoryRendezvous } from '../mesh/testing/memory-mesh.ts'
import { createMemoryStorage, type Stores } from '../storage/index.ts'
import { createChat } from '../chat/index.ts'
import { answerAdmission, askAdmission, refuse } from './admission.ts'
import { presenceProtocol } from './constants.ts'
import { createRoom, relayedPatienceMs, type Room, type RoomControl } from './index.ts'
import { rendezvousNames, roomKeys } from './keys.ts'
import { newRoomLink } from './link.ts'
import { decodeHandshake } from './messages.ts'
import { ReplayGuard } from './replay-guard.ts'

const verify = createVerifier()

interface Guest {
  readonly mesh: LoopbackMesh
  readonly room: RoomControl
  readonly stores: Stores
  readonly identity: Identity
}

function house(clock = new ManualClock()) {
  const network = new LoopbackNetwork()
  const link = newRoomLink(systemRandom)
  const guest = async (
    seed: number,
    change: { secret?: Uint8Array<ArrayBuffer>; stores?: Stores } = {},
  ): Promise<Guest> => {
    const identity = await testIdentity(seed)
    const mesh = network.peer(identity.peer)
    const stores = change.stores ?? createMemoryStorage()
    const own = change.secret === undefined ? link : { ...link, secret: change.secret }
    const room = createRoom(
      { mesh, identity, verify, settings: stores.settings, clock, random: systemRandom, logger: silent },
      { link: own, name: `guest ${seed}`, appVersion: '0' },
    )
    await mesh.start()
    await room.start()
    await settle(30)
    return { mesh, room, stores, identity }
  }
  return { network, clock, guest, link }
}

const seen = ({ room }: Guest): string[] =>
  room
    .members()
    .map(({ name, path }) => `${name} ${path}`)
    .sort()

describe('a room', () => {
  it('RO-7 people who come meet and are directly linked', async () => {
    const { guest } = house()
    const [a, b] = [await guest(1), await guest(2)]
    expect(seen(a)).toEqual(['guest 2 direct'])
    expect(seen(b)).toEqual(['guest 1 direct'])
  })
  it('RO-7 who says goodbye is gone at once', async () => {
    const { guest } = house()
    const [a, b] = [await guest(1), await guest(2)]
    b.room.goodbye()
    await settle()
    expect(seen(a)).toEqual([])
    expect(a.mesh.isAdmitted(b.mesh.self)).toBe(false)
  })
  it('RO-7, RO-9 a lost link makes a member away, and it is back without anyone asking', async () => {
    const { network, clock, guest } = house()
    const [a, b] = [await guest(1), await guest(2)]
    network.setRelay(false)
    network.cut(a.mesh, b.mesh)
    expect(seen(a)).toEqual(['guest 2 away'])
    network.setRelay(true)
    await clock.advance(60_000)
    expect(seen(a)).toEqual(['guest 2 direct'])
  })
  it('RO-7 who stays away for ten minutes has left', async () => {
    const { network, clock, guest } = house()
    const [a, b] = [await guest(1), await guest(2)]
    network.setRelay(false)
    network.cut(a.mesh, b.mesh)
    await clock.advance(10 * 60_000)
    expect(seen(a)).toEqual([])
  })
  it('RO-9 begins with no relay in reach and meets people when one is', async () => {
    const { network, clock, guest } = house()
    network.relayUp = false
    const [a, b] = [await guest(1), await guest(2)]
    expect([seen(a), seen(b)]).toEqual([[], []])
    network.setRelay(true)
    await clock.advance(5_000)
    expect(seen(a)).toEqual(['guest 2 direct'])
  })
  it('RO-12 is looking until those whom the relays name were asked; a relay out of reach ends it too', async () => {
    const { network, guest } = house()
    const a = await guest(1)
    expect(a.room.isLooking()).toBe(false)
    const looked = new Promise<number>((resolve) =>
      a.room.events.on('room:looked', ({ members }) => resolve(members)),
    )
    const b = await guest(2)
    expect([b.room.isLooking(), seen(b)]).toEqual([false, ['guest 1 direct']])
    network.relayUp = false
    const c = await guest(3)
    expect([c.room.isLooking(), seen(c)]).toEqual([false, []])
    expect(await Promise.race([looked, Promise.resolve('said once only')])).toBe('said once only')
  })
  it('RO-9 says relayed, not direct, while no direct link can be made, and tries again', async () => {
    const { network, clock, guest } = house()
    const pair = [(await testIdentity(1)).peer, (await testIdentity(2)).peer].sort().join('|')
    network.noDirect.add(pair)
    const [a] = [await guest(1), await guest(2)]
    expect(seen(a)).toEqual(['guest 2 relayed'])
    network.noDirect.delete(pair)
    await clock.advance(60_000)
    expect(seen(a)).toEqual(['guest 2 direct'])
  })
  it('RO-8 what can wait goes over a relay only once a direct link had its chance', async () => {
    const { network, clock, guest } = house()
    const ids = [(await testIdentity(1)).peer, (await testIdentity(2)).peer] as const
    network.noDirect.add([...ids].sort().join('|'))
    const opened: string[] = []
    const a = await guest(1)
    const openStream = a.mesh.openStream.bind(a.mesh)
    a.mesh.openStream = (peer, protocol, options) => {
      opened.push(protocol)
      return openStream(peer, protocol, options)
    }
    const b = await guest(2)
    b.room.setName('Ben') // told by its own presence, which is not there yet
    await clock.advance(relayedPatienceMs - 1)
    expect(opened).toEqual([])
    await clock.advance(1)
    expect(opened).toEqual([presenceProtocol])
    expect(seen(a)).toEqual(['Ben relayed'])
  })
  it('RO-8 a new name reaches everyone and is kept for the next visit', async () => {
    const { guest } = house()
    const [a, b] = [await guest(1), await guest(2)]
    b.room.setName('Ben\u202e')
    await settle()
    expect(seen(a)).toEqual(['Ben direct'])
    await a.room.stop()
    const again = await guest(1, { stores: a.stores })
    expect(again.room.nameOf(b.identity.account)).toBe('Ben')
  })
  it('RO-11 the agreement key of whoever was met is known, and kept for the next visit', async () => {
    const { guest } = house()
    const [a, b] = [await guest(1), await guest(2)]
    expect(a.room.agreementOf(b.identity.account)).toEqual(b.identity.agreement.publicKey)
    expect(a.room.agreementOf(a.identity.account)).toEqual(a.identity.agreement.publicKey)
    await b.room.stop()
    await a.room.stop()
    const again = await guest(1, { stores: a.stores })
    expect(again.room.agreementOf(b.identity.account)).toEqual(b.identity.agreement.publicKey)
  })
  it('RO-4 an older build, which refuses version 2, is met in version 1 and has no agreement key', async () => {
    const { network, clock, guest, link } = house()
    const identity = await testIdentity(2)
    const old = network.peer(identity.peer)
    await old.start()
    const keys = roomKeys(link)
    const refusedVersions: number[] = []
    const answer = async (stream: MeshStream): Promise<void> => {
      const frame = await stream.receive()
      const hello = decodeHandshake(frame ?? new Uint8Array())
      if (hello.t !== 'hello' || hello.v !== 1) {
        refusedVersions.push(hello.t === 'hello' ? hello.v : NaN)
        return refuse(stream, new VersionError('expected version 1'))
      }
      const frames = [frame] // the first one is read again
      const receive = stream.receive.bind(stream)
      stream.receive = () => (frames.length > 0 ? Promise.resolve(frames.pop()) : receive())
      const parts = { keys, identity, verify, clock, random: systemRandom, appVersion: '0' }
      const person = { ...parts, replay: new ReplayGuard(clock), name: () => 'old friend' }
      await answerAdmission(stream, person, (other) => old.setAdmitted(other.peer, true))
    }
    const options = { maxFrameBytes: 2048, overRelay: true, beforeAdmission: true }
    old.handle('/tessera/room/1', answer, options)
    network.register(rendezvousNames(keys, clock.now())[0] ?? '', old.self)
    const a = await guest(1)
    await clock.advance(5_000)
    expect(refusedVersions).toEqual([2])
    expect(seen(a)).toEqual(['old friend relayed'])
    expect(a.room.agreementOf(identity.account)).toBeUndefined()
  })
  it('RO-5 a stranger with another secret is refused by name and learns of nobody', async () => {
    const { network, guest } = house()
    const a = await guest(1)
    const refused: string[] = []
    a.room.events.on('peer:refused', ({ reason }) => refused.push(reason))
    const stranger = await guest(2, { secret: new Uint8Array(16).fill(3) })
    network.register('x', stranger.mesh.self)
    await stranger.mesh.connect({ peer: a.mesh.self, addresses: [] })
    // It knows the address and knocks at the room's own door.
    const stream = await stranger.mesh.openStream(a.mesh.self, '/tessera/room/1', {
      maxFrameBytes: 2048,
      overRelay: true,
    })
    const clock = new ManualClock()
    const knock = askAdmission(
      stream,
      {
        keys: roomKeys({ secret: new Uint8Array(16).fill(3), relays: [] }),
        identity: stranger.identity,
        verify,
        replay: new ReplayGuard(clock),
        clock,
        random: systemRandom,
        name: () => 'stranger',
        appVersion: '0',
      },
      () => undefined,
    )
    await expect(knock).rejects.toMatchObject({ name: 'WrongSecretError' })
    expect(refused).toEqual(['WrongSecretError'])
    expect([seen(a), seen(stranger)]).toEqual([[], []])
    await expect(
      stranger.mesh.openStream(a.mesh.self, '/tessera/presence/1', { maxFrameBytes: 64, overRelay: true }),
    ).rejects.toMatchObject({ name: 'ProtocolUnsupportedError' })
  })
  it('RO-9 members introduce a newcomer to each other when the relay does not', async () => {
    const { clock, guest } = house()
    const all = [await guest(1), await guest(2), await guest(3), await guest(4)]
    await clock.advance(10_000)
    for (const one of all) expect(one.room.members()).toHaveLength(3)
  })
  it('RO-10 what is published is heard by all, and what others made up is dropped', async () => {
    const { guest } = house()
    const [a, b] = [await guest(1), await guest(2)]
    const heard: string[] = []
    b.room.subscribe('talk', (payload) => heard.push(payload.join()))
    await a.room.publish('talk', new Uint8Array([1, 2]))
    await settle()
    expect(heard).toEqual(['1,2'])
  })
  it('RO-7 leaving ends links and admission, and nothing is left waiting', async () => {
    const { clock, guest } = house()
    const [a, b] = [await guest(1), await guest(2)]
    a.room.goodbye()
    await settle()
    await a.room.stop()
    await a.room.stop()
    expect(a.mesh.links()).toEqual([])
    expect(a.mesh.isAdmitted(b.mesh.self)).toBe(false)
    expect(a.room.members()).toEqual([])
    await b.room.stop()
    await clock.advance(60 * 60_000)
  })
})

const running: { stop(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop()
})

/** One real libp2p peer over memory with room and chat. */
async function realPeer(rendezvous: MemoryRendezvous, link: ReturnType<typeof newRoomLink>, n: number) {
  const identity = await testIdentity()
  const mesh: Mesh = createMemoryMesh(identity, rendezvous)
  const stores = createMemoryStorage()
  const shared = { identity, verify, clock: systemClock, random: systemRandom, logger: silent }
  const room = createRoom(
    { ...shared, mesh, settings: stores.settings },
    { link, name: `peer ${n}`, appVersion: '0' },
  )
  const chat = createChat({ ...shared, room, logs: stores.logs })
  await mesh.start()
  await chat.start()
  await room.start()
  running.push(mesh, room, chat)
  return { room, chat }
}

/** Resolves when `holds`, looked at after each event of `on`. */
function when(holds: () => boolean, on: (look: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => void (holds() && resolve())
    on(look)
    look()
  })
}

describe('twenty real libp2p peers', () => {
  it.each([1, 2])(
    'RO-9, CH-5 all meet and every message reaches everyone, run %i',
    { timeout: 120_000 },
    async () => {
      const count = 20
      const link = newRoomLink(systemRandom)
      const rendezvous = new MemoryRendezvous()
      const peers = await Promise.all(Array.from({ length: count }, (_, n) => realPeer(rendezvous, link, n)))
      const everyone = (room: Room) =>
        when(
          () => room.members().length === count - 1,
          (look) => void room.events.on('member:joined', look),
        )
      await Promise.all(peers.map(({ room }) => everyone(room)))
      await Promise.all(peers.map(({ chat }, n) => chat.send({ kind: 'text', text: `hello from ${n}` })))
      await Promise.all(
        peers.map(({ chat }) =>
          when(
            () => chat.timeline().length === count,
            (look) => void chat.events.on('chat:appended', look),
          ),
        ),
      )
      const texts = peers.map(({ chat }) => chat.timeline().map(({ id }) => id))
      for (const timeline of texts) expect(timeline).toEqual(texts[0])
      expect(new Set(texts[0]).size).toBe(count)
    },
  )
})
