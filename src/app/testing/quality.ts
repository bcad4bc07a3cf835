import type { LinkQuality } from '../../core/calls/index.ts'

/** Figures of a link that works, but for what is said otherwise. */
export function someQuality(change: Partial<LinkQuality> = {}): LinkQuality {
  return {
    ...{ atMs: performance.now(), grade: 'good', path: 'direct', rttMs: 31, jitterMs: 4, loss: 0.01 },
    ...{ receivedKbps: 410, sentKbps: 380, fps: 24, width: 640, height: 360, codec: 'VP8' },
    seen: {
      ...{ fps: 20, width: 640, height: 360, kbps: 350, limit: 'none', loss: 0.02 },
      sound: { loss: 0, rttMs: 30 },
      picture: { loss: 0.02, rttMs: 33 },
    },
    ...change,
  }
}
