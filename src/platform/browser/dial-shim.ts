/**
 * Cures a race in @libp2p/webrtc 6.0.33: the dialling side waits for its data channel `init` to open while the answering side
 * closes the same channel as soon as it has taken it over. When the close wins, the open never comes and the dial dies after
 * its time limit; on a busy machine that is one dial in ten. Here the answering side lets the dialler close its own channel
 * and makes up for it only if that does not happen.
 *
 * Import before @libp2p/webrtc. Works when the answering side has it, so every tab of ours does.
 */
const patienceMs = 3_000

const madeHere = new WeakSet<RTCDataChannel>()
const connection = RTCPeerConnection.prototype
const channel = RTCDataChannel.prototype
const create = connection.createDataChannel
const close = channel.close

connection.createDataChannel = function createDataChannel(
  ...args: Parameters<typeof create>
): RTCDataChannel {
  const made = create.apply(this, args)
  madeHere.add(made)
  return made
}

channel.close = function closeChannel(): void {
  if (this.label !== 'init' || madeHere.has(this)) close.call(this)
  else setTimeout(() => close.call(this), patienceMs)
}

export {}
