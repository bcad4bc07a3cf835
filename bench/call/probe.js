// Runs in each page of the call benches before any script of its own: presses what a person presses, notes when pictures are first
// shown, counts peer connections, and reads their statistics. Plain JavaScript, since it is handed to the page as it is.
const NativeConnection = window.RTCPeerConnection
/** Every connection ever made; weak, so that the count does not keep what it counts. */
const made = []
window.RTCPeerConnection = class extends NativeConnection {
  constructor(configuration) {
    super(configuration)
    made.push(new WeakRef(this))
  }
}

const setParameters = RTCRtpSender.prototype.setParameters
/** What the page last asked of each sender, and whether it gets it. */
const asked = new WeakMap()
let isAdapting = true
function unlimited(encoding) {
  encoding.active = true
  encoding.scaleResolutionDownBy = 1
  delete encoding.maxBitrate
  delete encoding.maxFramerate
}
RTCRtpSender.prototype.setParameters = function (parameters, options) {
  const [encoding] = parameters.encodings
  if (encoding !== undefined && this.track?.kind === 'video') {
    asked.set(this, { ...encoding })
    if (!isAdapting) unlimited(encoding)
  }
  return setParameters.call(this, parameters, options)
}

async function until(find, what) {
  const deadline = performance.now() + 60_000
  for (;;) {
    const found = find()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function button(label) {
  for (const one of document.querySelectorAll('button')) {
    const name = one.getAttribute('aria-label') ?? one.textContent.trim()
    if (name === label && !one.disabled && one.checkVisibility()) return one
  }
  return undefined
}

const pictures = () => [...document.querySelectorAll('video[data-testid=remote-video]')]
const isShown = (video) =>
  video.isConnected && video.videoWidth > 0 && video.checkVisibility({ opacityProperty: true })

/** When `count` pictures of others have each been drawn for the first time since now. */
function drawn(count) {
  const watched = new WeakSet()
  const seen = new Set()
  return new Promise((resolve) => {
    const observer = new MutationObserver(look)
    function look() {
      for (const video of pictures()) {
        if (watched.has(video)) continue
        watched.add(video)
        const frame = () => {
          if (!isShown(video)) return void video.requestVideoFrameCallback(frame)
          seen.add(video)
          if ([...seen].filter((one) => one.isConnected).length < count) return
          observer.disconnect()
          resolve(performance.timeOrigin + performance.now())
        }
        video.requestVideoFrameCallback(frame)
      }
    }
    observer.observe(document, { subtree: true, childList: true })
    look()
  })
}

function open() {
  return made.flatMap((ref, id) => {
    const connection = ref.deref()
    return connection === undefined || connection.connectionState === 'closed' ? [] : [{ id, connection }]
  })
}

function overlapsWindow(video) {
  const { left, right, top, bottom } = video.getBoundingClientRect()
  return right > 0 && bottom > 0 && left < innerWidth && top < innerHeight
}

window.callProbe = {
  /** Presses a button once it is there. */
  async press(label) {
    const found = await until(() => button(label), `button ${label}`)
    found.click()
  },

  async introduce(name) {
    const field = await until(
      () =>
        [...document.querySelectorAll('input')].find(
          (one) => one.labels?.[0]?.textContent.trim() === 'Your name',
        ),
      'the question for a name',
    )
    field.value = name
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    await this.press('Save')
  },

  /** Waits until the people list says that so many others are linked directly. */
  sees: (others) =>
    until(
      () => document.querySelectorAll('[data-testid=person][data-path=direct]').length >= others,
      `${others} others linked`,
    ).then(() => document.visibilityState),

  has: (selector) => until(() => document.querySelector(selector) !== null, selector),

  /** Waits until no call is on the screen. */
  isIdle: () => until(() => document.querySelector('[data-testid=call-stage]') === null, 'no call'),

  /** From now on: `result` gives, in ms since the epoch, when so many others were drawn. */
  watch(count) {
    this.result = drawn(count)
  },

  /** Presses a button that is there, and gives the ms until so many others were drawn. */
  async pressAndSee(label, count) {
    const found = await until(() => button(label), `button ${label}`)
    const all = drawn(count)
    const pressedAt = performance.timeOrigin + performance.now()
    found.click()
    return { pressedAt, ms: (await all) - pressedAt }
  },

  /** A connection within this page, of a camera that is open already: ms from its making to its first picture. */
  async barePair() {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: true,
      video: { width: 1280, height: 720 },
    })
    const video = document.createElement('video')
    video.muted = true
    video.style.cssText = 'position:fixed;inset:0 auto auto 0;width:320px;z-index:9'
    document.body.append(video)
    const startedAt = performance.now()
    const [from, to] = [new NativeConnection(), new NativeConnection()]
    from.onicecandidate = ({ candidate }) => candidate && to.addIceCandidate(candidate)
    to.onicecandidate = ({ candidate }) => candidate && from.addIceCandidate(candidate)
    const received = new MediaStream()
    to.ontrack = ({ track }) => received.addTrack(track)
    video.srcObject = received
    const first = new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now())))
    for (const track of stream.getTracks()) from.addTrack(track, stream)
    await from.setLocalDescription()
    await to.setRemoteDescription(from.localDescription)
    await to.setLocalDescription()
    await from.setRemoteDescription(to.localDescription)
    void video.play()
    const ms = (await first) - startedAt
    from.close()
    to.close()
    for (const track of stream.getTracks()) track.stop()
    video.remove()
    return ms
  },

  /** What came in so far: on each open connection that carries sound, and on each picture of another. */
  async received() {
    const links = []
    for (const { id, connection } of open()) {
      const all = [...(await connection.getStats()).values()].filter(({ type }) => type === 'inbound-rtp')
      const sound = all.find(({ kind, packetsReceived }) => kind === 'audio' && packetsReceived > 0)
      if (sound === undefined) continue
      const { packetsReceived, packetsLost, totalSamplesReceived, concealedSamples, silentConcealedSamples } =
        sound
      const frames = all.reduce(
        (sum, { kind, framesDecoded }) => sum + (kind === 'video' ? framesDecoded : 0),
        0,
      )
      const filled = concealedSamples - silentConcealedSamples
      links.push({
        id,
        packets: packetsReceived,
        lost: packetsLost,
        samples: totalSamplesReceived,
        filled,
        frames,
      })
    }
    const tiles = pictures().map((video) => {
      const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality()
      const isVisible = !document.hidden && isShown(video) && overlapsWindow(video)
      return { isVisible, frames: totalVideoFrames - droppedVideoFrames, height: video.videoHeight }
    })
    return { atMs: performance.now(), links, tiles }
  },

  /**
   * Off: what the page asks of its senders is not passed on, and what they were told before is taken back, so that every link
   * carries the whole camera. On: they are told what the page asked last.
   */
  async adapt(isOn) {
    isAdapting = isOn
    for (const { connection } of open()) {
      for (const sender of connection.getSenders()) {
        const last = asked.get(sender)
        const parameters = sender.getParameters()
        const [encoding] = parameters.encodings
        if (last === undefined || encoding === undefined) continue
        if (isOn) {
          const { active, maxBitrate, maxFramerate, scaleResolutionDownBy } = last
          Object.assign(encoding, { active, maxBitrate, maxFramerate, scaleResolutionDownBy })
        } else unlimited(encoding)
        await setParameters.call(sender, parameters)
      }
    }
  },

  /** Connections that are not closed, and those that are but cannot be collected. */
  connections() {
    const alive = made.flatMap((ref) => ref.deref() ?? [])
    const closed = alive.filter(({ connectionState }) => connectionState === 'closed').length
    return { open: alive.length - closed, held: closed }
  },
}
