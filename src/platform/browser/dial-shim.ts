import { cureDialRace } from '../../core/mesh/dial-race.ts'

/** Import before @libp2p/webrtc. */
cureDialRace(RTCPeerConnection, RTCDataChannel)

export {}
