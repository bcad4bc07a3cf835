import { guardCandidates } from '../../core/mesh/candidate-guard.ts'
import { cureDialRace } from '../../core/mesh/dial-race.ts'

/** Import before @libp2p/webrtc. */
cureDialRace(RTCPeerConnection, RTCDataChannel)
guardCandidates(RTCPeerConnection, RTCIceCandidate)

export {}
