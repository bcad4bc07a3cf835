import type { CallMedia, DeviceProblem, LocalMedia } from '../../core/calls/index.ts'
import { errorName } from '../../core/base/errors.ts'

const audioConstraints: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
}
const videoConstraints: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30 },
}

/** What to ask of the chosen devices; one that is gone gives way to the system's choice. */
export function constraintsFor(chosen: { readonly microphone: string; readonly camera: string }): {
  audio: MediaTrackConstraints
  video: MediaTrackConstraints
} {
  const of = (id: string): MediaTrackConstraints => (id === '' ? {} : { deviceId: { ideal: id } })
  return {
    audio: { ...audioConstraints, ...of(chosen.microphone) },
    video: { ...videoConstraints, ...of(chosen.camera) },
  }
}

/**
 * Opens microphone and camera as wanted into `stream`, but for what it has. One permission question when both are; when that fails each is tried
 * alone, so a missing or refused camera never costs the microphone (SPEC CA-6).
 */
export async function openDevices(
  stream: MediaStream,
  wanted: CallMedia,
  chosen: { readonly microphone: string; readonly camera: string },
): Promise<Pick<LocalMedia, 'microphone' | 'camera'>> {
  const { audio, video } = constraintsFor(chosen)
  const lacksAudio = wanted.audio && stream.getAudioTracks().length === 0
  const lacksVideo = wanted.video && stream.getVideoTracks().length === 0
  if (lacksAudio && lacksVideo) {
    const problem = await openInto(stream, { audio, video })
    if (problem === undefined) return { microphone: 'on', camera: 'on' }
    // Which of the two is the trouble shows when each is asked for alone, below.
  }
  const microphone = lacksAudio ? await openInto(stream, { audio }) : undefined
  const camera = lacksVideo ? await openInto(stream, { video }) : undefined
  return {
    microphone: wanted.audio ? (microphone ?? 'on') : 'muted',
    camera: wanted.video ? (camera ?? 'on') : 'off',
  }
}

/**
 * The screen, window or tab a person chooses, with its sound where the engine gives it. Undefined when they closed the
 * question: that is no trouble, only a change of mind.
 */
export async function openCapture(): Promise<MediaStream | DeviceProblem | undefined> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: { max: 30 } },
      audio: true,
    })
    for (const track of stream.getVideoTracks()) track.contentHint = 'detail' // text stays readable
    return stream
  } catch (error) {
    return errorName(error) === 'NotAllowedError' ? undefined : problemOf(error)
  }
}

/** Adds the device's track to `stream`, or says why there is none. */
export async function openInto(
  stream: MediaStream,
  constraints: MediaStreamConstraints,
): Promise<DeviceProblem | undefined> {
  try {
    const opened = await navigator.mediaDevices.getUserMedia(constraints)
    for (const track of opened.getTracks()) stream.addTrack(track)
    return undefined
  } catch (error) {
    return problemOf(error)
  }
}

/** Names of W3C mediacapture-main section 10.3 in our words. */
export function problemOf(error: unknown): DeviceProblem {
  switch (errorName(error)) {
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing'
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused'
    case 'NotReadableError':
    case 'AbortError':
      return 'in-use'
    default:
      return 'unavailable'
  }
}
