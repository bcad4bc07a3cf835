import type { Run } from './api.ts'

/** The sender stops at so many bytes waiting, and goes on below the low mark. */
const highBytes = 4 * 1024 * 1024
const lowBytes = 1024 * 1024

/** One plain data channel, as fast as the browser makes it: what bulk transfer is measured against. */
export class RawChannel {
  readonly #connection = new RTCPeerConnection({ iceServers: [] })
  #channel: RTCDataChannel | undefined
  #onBytes: (bytes: number) => void = () => {}

  async offer(): Promise<string> {
    this.#use(this.#connection.createDataChannel('raw'))
    await this.#connection.setLocalDescription()
    return await this.#gathered()
  }

  async answer(offer: string): Promise<string> {
    this.#connection.addEventListener('datachannel', ({ channel }) => this.#use(channel))
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: offer })
    await this.#connection.setLocalDescription()
    return await this.#gathered()
  }

  async accept(answer: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: answer })
    const channel = this.#channel
    if (channel === undefined) throw new Error('accept before offer')
    await new Promise<void>((resolve) => {
      if (channel.readyState === 'open') resolve()
      else channel.addEventListener('open', () => resolve(), { once: true })
    })
  }

  async receive(bytes: number, messageBytes: number): Promise<Run> {
    const channel = this.#channel
    if (channel === undefined) throw new Error('receive before the channel is open')
    const startedAt = performance.now()
    let got = 0
    await new Promise<void>((resolve) => {
      this.#onBytes = (more) => {
        got += more
        if (got >= bytes) resolve()
      }
      channel.send(JSON.stringify({ bytes, messageBytes }))
    })
    return { bytes: got, ms: performance.now() - startedAt }
  }

  #use(channel: RTCDataChannel): void {
    this.#channel = channel
    channel.binaryType = 'arraybuffer'
    channel.bufferedAmountLowThreshold = lowBytes
    channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data !== 'string') return this.#onBytes(data.byteLength)
      const { bytes, messageBytes } = JSON.parse(data) as { bytes: number; messageBytes: number }
      void this.#send(channel, bytes, messageBytes)
    })
  }

  async #send(channel: RTCDataChannel, bytes: number, messageBytes: number): Promise<void> {
    const message = crypto.getRandomValues(new Uint8Array(Math.min(65_536, messageBytes)))
    const full = new Uint8Array(messageBytes)
    for (let at = 0; at < messageBytes; at += message.byteLength) {
      full.set(message.subarray(0, messageBytes - at), at)
    }
    for (let sent = 0; sent < bytes; sent += messageBytes) {
      if (channel.bufferedAmount > highBytes) {
        await new Promise<void>((resolve) => {
          channel.addEventListener('bufferedamountlow', () => resolve(), { once: true })
        })
      }
      channel.send(full)
    }
  }

  async #gathered(): Promise<string> {
    const connection = this.#connection
    await new Promise<void>((resolve) => {
      if (connection.iceGatheringState === 'complete') resolve()
      connection.addEventListener('icegatheringstatechange', () => {
        if (connection.iceGatheringState === 'complete') resolve()
      })
    })
    return connection.localDescription?.sdp ?? ''
  }
}
