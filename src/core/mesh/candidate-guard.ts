import { relayCandidate } from './ice.ts'

/** A constructor whose prototype may be changed: the browser's or a test's. */
interface Patchable<T> {
  readonly prototype: T
}

interface CandidateLike {
  readonly candidate?: string
}

interface Connection {
  getConfiguration(): { readonly iceTransportPolicy?: string }
  addIceCandidate(candidate?: CandidateLike | null): Promise<void>
}

/** As much of an RTCIceCandidate as the guard needs. */
interface Candidate {
  toJSON(): CandidateLike
}

/**
 * Guards what @libp2p/webrtc sends and takes as candidates, which it lets nobody see. A candidate of a TURN server never names the address
 * behind it, and a connection that is bound to TURN servers takes no other candidates: no name is looked up and no address tried for
 * a member that offers its own. Call once, before the first dial (SPEC ME-9).
 */
export function guardCandidates(connections: Patchable<Connection>, candidates: Patchable<Candidate>): void {
  // Called with their own `this` below.
  const add = Reflect.get<Connection, 'addIceCandidate'>(connections.prototype, 'addIceCandidate')
  const toJSON = Reflect.get<Candidate, 'toJSON'>(candidates.prototype, 'toJSON')

  connections.prototype.addIceCandidate = function addIceCandidate(
    this: Connection,
    ...args: [(CandidateLike | null)?]
  ): Promise<void> {
    const text = args[0]?.candidate ?? ''
    const isBound = this.getConfiguration().iceTransportPolicy === 'relay'
    if (isBound && text !== '' && relayCandidate(text) === undefined) return Promise.resolve()
    return add.apply(this, args)
  }

  candidates.prototype.toJSON = function toPlain(this: Candidate): CandidateLike {
    const plain = toJSON.call(this)
    const hidden = plain.candidate === undefined ? undefined : relayCandidate(plain.candidate)
    return hidden === undefined ? plain : { ...plain, candidate: hidden }
  }
}
