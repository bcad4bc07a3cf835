import { Emitter } from '../../core/base/events.ts'
import type { CallId, PeerId } from '../../core/base/ids.ts'
import { turnOnly, type IceServer } from '../../core/mesh/index.ts'
import type { CallMedia, LocalSession, MediaEngine } from '../../core/calls/index.ts'
import { CallDevices } from './call-devices.ts'
import { CodecPreference } from './codecs.ts'
import { PeerMedia, type RemoteStreams } from './peer-media.ts'

/** The streams of one call, for `<video>` and `<audio>` elements. Tracks come and go while they live. */
export interface StreamsOfCall {
  /** Our camera and microphone, to be played muted. */
  readonly local: MediaStream
  /** The screen we show. */
  readonly screen: MediaStream
  readonly people: ReadonlyMap<PeerId, RemoteStreams>
}

/**
 * The browser's {@link MediaEngine}: devices once per call, one RTCPeerConnection per pair. ICE servers come from the relay's
 * configuration only; none are built in, so no third party learns of a call.
 */
export class BrowserMedia implements MediaEngine {
  readonly #iceServers: () => readonly IceServer[]
  readonly #refresh: () => Promise<void>
  readonly #codecs: CodecPreference
  readonly #streams = new Map<CallId, StreamsOfCall>()
  readonly #links = new Map<CallId, Map<PeerId, PeerMedia>>()
  readonly #open = new Set<CallDevices>()
  #preview: CallDevices | undefined
  readonly #chosen = { microphone: '', camera: '' }
  readonly events = new Emitter<{ 'streams:changed': { call: CallId } }>()

  /**
   * @param refresh brings `iceServers` up to date before a call; it does not reject
   * @param codecs the order in which codecs are offered
   */
  constructor(
    iceServers: () => readonly IceServer[],
    refresh: () => Promise<void> = () => Promise.resolve(),
    codecs = new CodecPreference(),
  ) {
    this.#codecs = codecs
    this.#iceServers = iceServers
    this.#refresh = refresh
  }

  async canRelay(): Promise<boolean> {
    await this.#refresh()
    return turnOnly(this.#iceServers()).length > 0
  }

  async useDevice(kind: 'microphone' | 'camera', device: string): Promise<void> {
    this.#chosen[kind] = device
    await Promise.all([...this.#open].map((devices) => devices.useChosen(kind)))
  }

  /** Devices without a call, to look at oneself before joining. Its owner closes it. */
  async preview(wanted: CallMedia): Promise<CallDevices> {
    const devices: CallDevices = new CallDevices({
      chosen: this.#chosen,
      onStreams: () => {},
      onClosed: () => {
        this.#open.delete(devices)
        if (this.#preview === devices) this.#preview = undefined
      },
      createLink: () => {
        throw new TypeError('a preview has no links')
      },
    })
    this.#open.add(devices)
    this.#preview = devices
    await devices.open(wanted)
    return devices
  }

  async open(call: CallId, wanted: CallMedia): Promise<LocalSession> {
    const people = new Map<PeerId, RemoteStreams>()
    const links = new Map<PeerId, PeerMedia>()
    const changed = (): void => this.#changed(call)
    const devices: CallDevices = new CallDevices({
      chosen: this.#chosen,
      onStreams: changed,
      onClosed: () => {
        this.#open.delete(devices)
        this.#streams.delete(call)
        this.#links.delete(call)
        changed()
      },
      createLink: ({ peer, offers, isHidden, tracks, onClosed }) => {
        const iceServers = (): IceServer[] => {
          const servers = this.#iceServers()
          return [...(isHidden ? turnOnly(servers) : servers)]
        }
        const link = new PeerMedia({
          iceServers,
          connection: new RTCPeerConnection({
            iceServers: iceServers(),
            iceTransportPolicy: isHidden ? 'relay' : 'all',
            bundlePolicy: 'max-bundle',
          }),
          codecs: this.#codecs,
          tracks,
          offers,
          onStreams: changed,
          onClosed: () => {
            onClosed()
            if (links.get(peer) !== link) return
            links.delete(peer)
            people.delete(peer)
            changed()
          },
        })
        links.set(peer, link)
        people.set(peer, link.streams)
        changed()
        return link
      },
    })
    this.#links.set(call, links)
    this.#streams.set(call, { local: devices.stream, screen: devices.screen, people })
    this.#open.add(devices)
    // Not waited for: connections are made while a camera starts, or while the person answers the browser's question.
    // Whoever comes from the preview is seen at once, by the camera that is on already.
    void devices.open(wanted, this.#preview?.handOver())
    await Promise.all([this.#refresh(), this.#codecs.ready()])
    changed()
    return devices
  }

  /** Streams of a call now; undefined when it has none. Tracks come and go while a call lives: listen to `streams:changed`. */
  streamsOf(call: CallId): StreamsOfCall | undefined {
    return this.#streams.get(call)
  }

  /** How loud a participant is now, 0 to 1. */
  levelOf(call: CallId, peer: PeerId): number {
    return this.#links.get(call)?.get(peer)?.level() ?? 0
  }

  #changed(call: CallId): void {
    this.events.emit('streams:changed', { call })
  }
}
