import type { Person } from './test.ts'

/** What was under way when a line is cut is shown within this; later frames came over another. */
const drainedMs = 700

/** How long after now it takes until frames of the other are shown that were sent after what was under way; in ms. */
export async function pictureBackAfterMs({ tab }: Person): Promise<number> {
  const video = tab.page.getByTestId('remote-video').first()
  return video.evaluate(async (element, drained) => {
    const shown = (): number => (element as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames
    const start = performance.now()
    await new Promise((resolve) => setTimeout(resolve, drained))
    const before = shown()
    while (shown() < before + 5) await new Promise((resolve) => requestAnimationFrame(resolve))
    return Math.round(performance.now() - start)
  }, drainedMs)
}
