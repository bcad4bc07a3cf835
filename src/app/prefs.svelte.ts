import type { Keep } from './shell-ports.ts'

/** How the app looks: as the system says, or always one way. */
export type Theme = 'auto' | 'light' | 'dark'

export const themes: readonly Theme[] = ['auto', 'light', 'dark']

/** A person's choices about this app on this device. */
export class PrefsState {
  readonly #keep: Keep
  #theme = $state<Theme>('auto')
  #sounds = $state(true)
  #askedName = $state(false)
  #installHintClosed = $state(false)

  constructor(keep: Keep) {
    this.#keep = keep
    const theme = keep.get('theme')
    this.#theme = themes.find((known) => known === theme) ?? 'auto'
    this.#sounds = keep.get('sounds') !== 'off'
    this.#askedName = keep.get('name-asked') === 'yes'
    this.#installHintClosed = keep.get('install-hint') === 'closed'
  }

  get theme(): Theme {
    return this.#theme
  }
  set theme(theme: Theme) {
    this.#theme = theme
    this.#keep.set('theme', theme)
  }

  /** Whether an incoming call rings. */
  get sounds(): boolean {
    return this.#sounds
  }
  set sounds(on: boolean) {
    this.#sounds = on
    this.#keep.set('sounds', on ? 'on' : 'off')
  }

  /** True once the person has given a name or said "later". */
  get askedName(): boolean {
    return this.#askedName
  }
  markNameAsked(): void {
    this.#askedName = true
    this.#keep.set('name-asked', 'yes')
  }

  get installHintClosed(): boolean {
    return this.#installHintClosed
  }
  closeInstallHint(): void {
    this.#installHintClosed = true
    this.#keep.set('install-hint', 'closed')
  }
}
