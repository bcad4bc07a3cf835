import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { AccountId, PeerId, RoomId } from '../base/ids.ts'
import { CertificateError, type CertificateVersion } from '../identity/index.ts'
import { ProtocolUnsupportedError, type Mesh, type MeshStream } from '../mesh/index.ts'
import type { HandleOptions, OpenOptions, StreamHandler } from '../mesh/index.ts'
import {
  answerAdmission,
  askAdmission,
  refuse,
  type AdmissionComponents,
  type Admitted,
} from './admission.ts'
import {
  discoverMs,
  maxHandshakeFrameBytes,
  oldestRoomVersion,
  registrationTtlMs,
  relayedPatienceMs,
  roomProtocol,
  roomVersion,
} from './constants.ts'
import { ReplayedProofError, WrongSecretError } from './errors.ts'
import { FirstLook } from './first-look.ts'
import type { Member, RoomComponents, RoomControl, RoomEvents, RoomInit } from './index.ts'
import { rendezvousNames, roomKeys, topicName, type RoomKeys } from './keys.ts'
import { RoomMemory } from './memory.ts'
import type { PresenceMessage } from './messages.ts'
import { cleanName } from './names.ts'
import { Presence } from './presence.ts'
import { Reach } from './reach.ts'
import { ReplayGuard } from './replay-guard.ts'
import { Roster } from './roster.ts'
import { openGossip, sealGossip } from './seal.ts'

/** See {@link RoomControl}; SPEC.md has the rules. */
export class OpenSecretRoom implements RoomControl {
  readonly id: RoomId
  readonly self: { readonly peer: PeerId; readonly account: AccountId }
  readonly events = new Emitter<RoomEvents>()
  readonly #components: RoomComponents
  readonly #mesh: Mesh
  readonly #clock: Clock
  readonly #keys: RoomKeys
  readonly #admission: AdmissionComponents
  readonly #replay: ReplayGuard
  readonly #roster: Roster
  readonly #presence: Presence
  readonly #reach: Reach
  readonly #memory: RoomMemory
  readonly #firstLook: FirstLook
  #name: string
  #stopping: (() => void)[] = []
  #cancelDiscovery: () => void = () => undefined
  #discovering = false

  constructor(components: RoomComponents, init: RoomInit) {
    const { mesh, identity, verify, settings, clock, random, logger } = components
    this.#components = components
    this.#mesh = mesh
    this.#clock = clock
    this.#name = cleanName(init.name)
    this.#keys = roomKeys(init.link)
    this.id = this.#keys.id
    this.self = { peer: identity.peer, account: identity.account }
    const replay = new ReplayGuard(clock)
    this.#replay = replay
    const name = (): string => this.#name
    this.#admission = {
      keys: this.#keys,
      identity,
      verify,
      replay,
      clock,
      random,
      name,
      appVersion: init.appVersion,
    }
    this.#memory = new RoomMemory(settings, this.id)
    this.#roster = new Roster(
      this.events,
      clock,
      (peer) => mesh.link(peer),
      (peer) => this.#gone(peer),
    )
    this.#firstLook = new FirstLook({
      clock,
      hasTriedAll: () => this.#reach.hasTriedAll(),
      onOver: () => this.events.emit('room:looked', { members: this.members().length }),
    })
    this.#reach = new Reach({
      mesh,
      isMember: (peer) => this.#roster.get(peer) !== undefined && mesh.isAdmitted(peer),
      ask: (peer) => this.#ask(peer),
      isFinal: isFinalRefusal,
      onChanged: () => this.#memory.reached(this.#reach.addresses()),
      onTried: () => this.#firstLook.tried(),
      clock,
      random,
      logger,
    })
    this.#presence = new Presence({
      mesh,
      state: (peer) => ({ name: this.#name, direct: mesh.link(peer)?.path === 'direct' }),
      peers: (besides) =>
        this.#reach.addresses().filter(({ peer }) => peer !== besides && this.#isHere(peer)),
      onMessage: (peer, message) => this.#heard(peer, message),
    })
  }

  async start(): Promise<void> {
    if (this.#stopping.length > 0) return
    const { events } = this.#mesh
    this.#stopping = [
      this.#mesh.handle(roomProtocol, (stream) => this.#answer(stream), {
        maxFrameBytes: maxHandshakeFrameBytes,
        overRelay: true,
        beforeAdmission: true,
      }),
      events.on('link:changed', ({ peer }) => this.#linkChanged(peer)),
      events.on('link:opened', ({ peer }) => this.#linkChanged(peer)),
      events.on('link:closed', ({ peer }) => this.#linkClosed(peer)),
      events.on('relay:changed', ({ state }) => state === 'online' && void this.#discover()),
    ]
    this.#presence.start()
    const known = await this.#memory.load()
    if (this.#stopping.length === 0) return
    void this.#discover()
    for (const address of known) this.#reach.add(address)
  }

  async stop(): Promise<void> {
    if (this.#stopping.length === 0) return
    for (const stop of this.#stopping.splice(0)) stop()
    this.#cancelDiscovery()
    this.#firstLook.stop()
    this.#reach.stop()
    const peers = this.members().map(({ peer }) => peer)
    this.#presence.stop()
    this.#roster.clear()
    for (const peer of peers) this.#mesh.setAdmitted(peer, false)
    await Promise.all(peers.map((peer) => this.#mesh.disconnect(peer)))
    await this.#memory.settled()
  }

  name(): string {
    return this.#name
  }
  members(): readonly Member[] {
    return this.#roster.members()
  }
  member(peer: PeerId): Member | undefined {
    return this.#roster.get(peer)
  }
  nameOf(account: AccountId): string | undefined {
    if (account === this.self.account) return this.#name
    return this.#roster.nameOf(account) ?? this.#memory.nameOf(account)
  }
  agreementOf(account: AccountId): Bytes | undefined {
    const { identity } = this.#components
    return account === this.self.account ? identity.agreement.publicKey : this.#memory.agreementOf(account)
  }

  isLooking(): boolean {
    return !this.#firstLook.isOver
  }

  setName(name: string): void {
    this.#name = cleanName(name)
    for (const { peer } of this.members()) void this.#presence.tell(peer)
  }

  goodbye(): void {
    this.#presence.goodbye()
  }

  wake(): void {
    this.#reach.wake()
    void this.#discover()
  }

  openStream(peer: PeerId, protocol: string, options: OpenOptions): Promise<MeshStream> {
    return this.#mesh.openStream(peer, protocol, options)
  }
  handle(protocol: string, handler: StreamHandler, options: HandleOptions): () => void {
    return this.#mesh.handle(protocol, handler, options)
  }

  async publish(topic: string, payload: Uint8Array): Promise<void> {
    const name = topicName(this.#keys, topic)
    await this.#mesh.publish(name, sealGossip(this.#keys.message, name, payload, this.#components.random))
  }

  subscribe(topic: string, listener: (payload: Bytes) => void): () => void {
    const name = topicName(this.#keys, topic)
    return this.#mesh.subscribe(name, (sealed, from) => {
      let payload: Bytes
      try {
        payload = openGossip(this.#keys.message, name, sealed)
      } catch (error) {
        this.#components.logger('warn', 'gossip dropped', { peer: from, error: errorName(error) })
        return
      }
      listener(payload)
    })
  }

  async #ask(peer: PeerId): Promise<void> {
    try {
      await this.#askAs(peer, roomVersion).catch((error: unknown) => {
        if (errorName(error) !== 'VersionError') throw error
        return this.#askAs(peer, oldestRoomVersion)
      })
      this.#greet(peer)
    } catch (error) {
      if (isFinalRefusal(error)) this.#refused(peer, error)
      throw error
    }
  }

  async #askAs(peer: PeerId, version: CertificateVersion): Promise<void> {
    const stream = await this.#mesh.openStream(peer, roomProtocol, {
      maxFrameBytes: maxHandshakeFrameBytes,
      overRelay: true,
    })
    try {
      await askAdmission(stream, this.#admission, (other) => this.#admit(other), version)
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  async #answer(stream: MeshStream): Promise<void> {
    let leave: () => void = () => undefined
    try {
      leave = this.#replay.enter(stream.peer)
      await answerAdmission(stream, this.#admission, (other) => this.#admit(other))
      this.#reach.note(stream.peer)
      this.#greet(stream.peer)
      void this.#reach.upgrade(stream.peer)
    } catch (error) {
      this.#replay.failed(stream.peer)
      await refuse(stream, error)
      this.#refused(stream.peer, error)
    } finally {
      leave()
    }
  }

  /** A direct link is on its way, and streams over a relay would only hold it up: it is told first of all. */
  #greet(peer: PeerId): void {
    const { path } = this.#mesh.link(peer) ?? {}
    if (path === 'direct') return void this.#presence.tell(peer)
    this.#clock.after(relayedPatienceMs, () => {
      if (this.#isHere(peer) && this.#mesh.link(peer)?.path === 'relayed') void this.#presence.tell(peer)
    })
  }

  #refused(peer: PeerId, error: unknown): void {
    // A peer of another version is refused by libp2p itself when the protocol id differs.
    const reason = error instanceof ProtocolUnsupportedError ? 'VersionError' : errorName(error)
    this.#components.logger('info', 'peer refused', { peer, reason })
    this.events.emit('peer:refused', { peer, reason })
  }

  #admit(other: Admitted): void {
    if (this.#stopping.length === 0) return
    const isNew = this.#roster.get(other.peer) === undefined
    this.#mesh.setAdmitted(other.peer, true)
    this.#memory.named(other.account, other.name)
    if (other.agreement !== undefined) this.#memory.agreed(other.account, other.agreement)
    this.#roster.admitted(other)
    if (isNew) this.#introduce(other.peer)
  }

  /** Tells those who are here of the newcomer, so that a room holds together without any relay. */
  #introduce(peer: PeerId): void {
    const address = this.#reach.addresses().find((known) => known.peer === peer) ?? { peer, addresses: [] }
    for (const member of this.members()) {
      if (member.peer !== peer && this.#isHere(member.peer))
        void this.#presence.introduce(member.peer, address)
    }
  }

  #heard(peer: PeerId, message: PresenceMessage): void {
    const member = this.#roster.get(peer)
    if (member === undefined) return
    switch (message.t) {
      case 'state': {
        const name = cleanName(message.name)
        this.#memory.named(member.account, name)
        return this.#roster.heard(peer, name, message.direct)
      }
      case 'peers':
        for (const address of message.peers) {
          if (!this.#isHere(address.peer)) this.#reach.add(address)
        }
        return
      case 'bye':
        this.#reach.drop(peer)
        return this.#roster.remove(peer)
    }
  }

  #gone(peer: PeerId): void {
    this.#mesh.setAdmitted(peer, false)
    this.#presence.forget(peer)
    void this.#mesh.disconnect(peer)
  }

  #linkChanged(peer: PeerId): void {
    if (this.#roster.get(peer) === undefined) return
    this.#roster.refresh(peer)
    void this.#presence.tell(peer)
    if (this.#mesh.link(peer)?.path === 'relayed') void this.#reach.upgrade(peer)
  }

  #linkClosed(peer: PeerId): void {
    if (this.#roster.get(peer) === undefined) return
    this.#presence.forget(peer)
    this.#roster.refresh(peer)
    this.#reach.add({ peer, addresses: [] })
  }

  #isHere(peer: PeerId): boolean {
    const member = this.#roster.get(peer)
    return member !== undefined && member.path !== 'away'
  }

  /**
   * Asks the relays who is here, and tells them that we are: often at first, since two people may come at the same moment and
   * miss each other, then seldom. Begins anew whenever a relay comes back.
   */
  async #discover(pauseMs = discoverMs.first): Promise<void> {
    this.#cancelDiscovery()
    if (this.#discovering || this.#stopping.length === 0) return
    this.#discovering = true
    const names = rendezvousNames(this.#keys, this.#clock.now())
    await Promise.all(names.map((name) => this.#meetAt(name)))
    this.#discovering = false
    if (this.#stopping.length === 0) return
    this.#firstLook.asked()
    const jitter = 0.75 + (this.#components.random(1)[0] ?? 0) / 512
    const next = Math.min(pauseMs * 2, discoverMs.longest)
    this.#cancelDiscovery = this.#clock.after(pauseMs * jitter, () => void this.#discover(next))
  }

  async #meetAt(name: string): Promise<void> {
    const report = (error: unknown): void =>
      this.#components.logger('debug', 'rendezvous failed', { error: errorName(error) })
    await Promise.all([
      this.#mesh.register(name, { ttlMs: registrationTtlMs }).catch(report),
      this.#mesh
        .discover(name)
        .then((found) => found.forEach((address) => this.#reach.add(address)))
        .catch(report),
    ])
  }
}

/** Refusals that no later try will change. */
function isFinalRefusal(error: unknown): boolean {
  return (
    error instanceof WrongSecretError ||
    error instanceof ReplayedProofError ||
    error instanceof CertificateError ||
    error instanceof ProtocolUnsupportedError ||
    errorName(error) === 'VersionError'
  )
}
