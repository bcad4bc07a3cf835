import { getAllContexts, mount, unmount } from 'svelte'
import {
  hasPictureWindow,
  openPictureWindow,
  openVideoWindow,
  type PictureWindow,
} from '../../app/picture-window.ts'
import type { StageState } from '../../app/stage.svelte.ts'
import { t } from '../../app/late-words.ts'
import PictureStage from './PictureStage.svelte'

/** What a press, a release and the loss of the focus mean, in whichever window of the call. */
export interface WindowKeys {
  readonly pressed: (event: KeyboardEvent) => void
  readonly released: (event: KeyboardEvent) => void
  readonly blurred: () => void
}

/**
 * The stage in a small window above all others. Made while a component begins: it ends with that component, so with the call
 * and the room.
 */
export class FloatingStage {
  readonly isPossible = hasPictureWindow() || document.pictureInPictureEnabled
  readonly #onProblem: (error: unknown) => void
  #window = $state.raw<PictureWindow>()
  #isOver = false

  constructor(stage: StageState, keys: WindowKeys, onProblem: (error: unknown) => void) {
    this.#onProblem = onProblem
    const context = getAllContexts()
    $effect(() => () => void (this.#isOver = true))
    $effect(() => {
      const opened = this.#window
      if (opened === undefined) return
      stage.isFloating = true
      const component = mount(PictureStage, { target: opened.document.body, context })
      // Closed by its own button, or by the browser.
      const closed = (): void => void (this.#window = undefined)
      opened.addEventListener('pagehide', closed)
      opened.addEventListener('keydown', keys.pressed)
      opened.addEventListener('keyup', keys.released)
      opened.addEventListener('blur', keys.blurred)
      return () => {
        opened.removeEventListener('pagehide', closed)
        stage.isFloating = false
        void unmount(component)
        opened.close()
      }
    })
  }

  get isOpen(): boolean {
    return this.#window !== undefined
  }

  /** Opens or closes it; to be called in a click. @param video what to show where an engine can show only one */
  async toggle(video: Element | null): Promise<void> {
    if (this.isOpen) return void (this.#window = undefined)
    try {
      if (hasPictureWindow()) await this.#open()
      else await openVideoWindow(video instanceof HTMLVideoElement ? video : undefined)
    } catch (error) {
      this.#onProblem(error)
    }
  }

  async #open(): Promise<void> {
    const opened = await openPictureWindow(t('call.stage'))
    if (this.#isOver) opened.close()
    else this.#window = opened
  }
}
