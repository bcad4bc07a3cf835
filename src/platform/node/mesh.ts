import '../../core/base/polyfill.ts'
import './web-socket.ts'
import { RTCDataChannel, RTCIceCandidate, RTCPeerConnection } from 'node-datachannel/polyfill'
import { guardCandidates } from '../../core/mesh/candidate-guard.ts'
import { cureDialRace } from '../../core/mesh/dial-race.ts'
import type { Mesh } from '../../core/mesh/index.ts'
import { createRelayedMesh, type RelayedMeshInit } from '../../core/mesh/relayed-mesh.ts'

cureDialRace(RTCPeerConnection, RTCDataChannel)
guardCandidates(RTCPeerConnection, RTCIceCandidate)

/** The {@link Mesh} of a Node process: as a tab's, over node-datachannel and `ws`. Plain WebSockets reach relays on this host or network. */
export function createNodeMesh(init: Omit<RelayedMeshInit, 'allowsPlain'>): Mesh {
  return createRelayedMesh({ ...init, allowsPlain: true })
}
