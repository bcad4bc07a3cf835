import type { CallMedia, DeviceProblem, LocalMedia } from '../../core/calls/index.ts'
import { errorName } from '../../core/base/errors.ts'

/** What opening the devices gave: tracks that are there, and why one is not. */
export interface OpenedDevices {
  readonly stream: MediaStream
  readonly local: LocalMedia
}

const audio: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
const video: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30 },
}

/**
 * Opens microphone and camera as wanted. One permission question when both are; when that fails each is tried alone,
 * so a missing or refused camera never costs the microphone (SPEC CA-6).
 */
export async function openDevices(wanted: CallMedia): Promise<OpenedDevices> {
  const stream = new MediaStream()
  const unwanted: LocalMedia = { microphone: 'muted', camera: 'off' }
  if (!wanted.audio && !wanted.video) return { stream, local: unwanted }
  if (wanted.audio && wanted.video) {
    try {
      const opened = await navigator.mediaDevices.getUserMedia({ audio, video })
      return { stream: opened, local: { microphone: 'on', camera: 'on' } }
    } catch {
      // Which of the two is the trouble shows when each is asked for alone, below.
    }
  }
  const microphone = wanted.audio ? await openInto(stream, { audio }) : undefined
  const camera = wanted.video ? await openInto(stream, { video }) : undefined
  return {
    stream,
    local: {
      microphone: wanted.audio ? (microphone ?? 'on') : 'muted',
      camera: wanted.video ? (camera ?? 'on') : 'off',
    },
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

export const cameraConstraints = { video } as const

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
