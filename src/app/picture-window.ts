import { TesseraError } from '../core/base/errors.ts'

/** A window of the browser that stays above all others, with a document of its own. */
export type PictureWindow = Window & typeof globalThis

/** Document Picture-in-Picture (WICG); newer than the types of the DOM, and not in every engine. */
interface PictureWindows {
  requestWindow(size: { readonly width: number; readonly height: number }): Promise<PictureWindow>
}

/** A picture of 16:9 and a row of buttons. */
const size = { width: 400, height: 285 }

/** Thrown when the browser does not open the small window: without a click just before, or where the person forbade it. */
class PictureRefusedError extends TesseraError {
  override name = 'PictureRefusedError'
}

function makerOf(page: object): PictureWindows | undefined {
  return (page as { documentPictureInPicture?: PictureWindows }).documentPictureInPicture
}

/** Whether this engine can show more than one video in a window of its own. */
export function hasPictureWindow(): boolean {
  return makerOf(globalThis) !== undefined
}

/**
 * Opens the small window, dressed like this page. To be called in a click. Throws `PictureRefusedError`.
 *
 * @param title what the window is called
 */
export async function openPictureWindow(title: string): Promise<PictureWindow> {
  const opened = await orRefused(makerOf(globalThis)?.requestWindow(size))
  dress(opened, title)
  return opened
}

/** Shows one video in a window of its own: what engines without the other have. Throws `PictureRefusedError`. */
export async function openVideoWindow(video: HTMLVideoElement | undefined): Promise<void> {
  await orRefused(video?.requestPictureInPicture())
}

async function orRefused<T>(opening: Promise<T> | undefined): Promise<T> {
  try {
    if (opening === undefined) throw new TypeError('there is nothing to open')
    return await opening
  } catch (cause) {
    throw new PictureRefusedError('the browser did not open the window', { cause })
  }
}

/** Copies language, theme and styles. As constructed sheets: a strict policy of content allows no style elements. */
function dress(opened: PictureWindow, title: string): void {
  const { document: theirs } = opened
  theirs.title = title
  for (const { name, value } of document.documentElement.attributes) {
    theirs.documentElement.setAttribute(name, value)
  }
  theirs.adoptedStyleSheets = [...document.styleSheets, ...document.adoptedStyleSheets].map((sheet) => {
    const copy = new opened.CSSStyleSheet({ media: sheet.media.mediaText })
    copy.replaceSync([...sheet.cssRules].map(({ cssText }) => cssText).join('\n'))
    return copy
  })
}
