/** As much of an RTCDataChannel as the cure needs. */
interface Channel {
  readonly label: string
  close(): void
}

/** A constructor whose prototype may be changed: the browser's or node-datachannel's. */
interface Patchable<T> {
  readonly prototype: T
}

const patienceMs = 3_000

/**
 * Cures a race in @libp2p/webrtc 6.0.33: the dialling side waits for its data channel `init` to open while the answering side
 * closes the same channel as soon as it has taken it over. When the close wins, the open never comes and the dial dies after
 * its time limit; on a busy machine that is one dial in ten. With the cure the answering side lets the dialler close its own
 * channel and makes up for it only if that does not happen. Call once, before the first dial; works when the answering side has it.
 */
export function cureDialRace(
  connections: Patchable<{ createDataChannel(...args: never[]): Channel }>,
  channels: Patchable<Channel>,
): void {
  const madeHere = new WeakSet<Channel>()
  const connection = connections.prototype
  const channel = channels.prototype
  // Called with their own `this` below.
  const create = Reflect.get<typeof connection, 'createDataChannel'>(connection, 'createDataChannel')
  const close = Reflect.get<Channel, 'close'>(channel, 'close')

  connection.createDataChannel = function createDataChannel(...args: never[]): Channel {
    const made = create.apply(this, args)
    madeHere.add(made)
    return made
  }

  channel.close = function closeChannel(this: Channel): void {
    if (this.label !== 'init' || madeHere.has(this)) close.call(this)
    else setTimeout(() => close.call(this), patienceMs)
  }
}
