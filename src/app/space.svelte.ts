import type { AskAboutSpace, Files, SpaceQuestion } from '../core/files/index.ts'

/** A question about space that waits for a person's word. */
export interface OpenQuestion {
  readonly question: SpaceQuestion
  readonly answer: (yes: boolean) => void
}

/** What a person is asked before something takes the last of the space, or the place of something else. One at a time. */
export class SpaceState {
  readonly #files: Files
  #open = $state.raw<readonly OpenQuestion[]>([])

  constructor(files: Files) {
    this.#files = files
    files.setAskAboutSpace(this.#ask)
  }

  get question(): OpenQuestion | undefined {
    return this.#open[0]
  }

  /** Leaves everything as it is. */
  stop(): void {
    this.#files.setAskAboutSpace(undefined)
    for (const { answer } of this.#open) answer(false)
  }

  readonly #ask: AskAboutSpace = (question, signal) =>
    new Promise((resolve) => {
      const answer = (yes: boolean): void => {
        this.#open = this.#open.filter((open) => open !== asked)
        resolve(yes)
      }
      const asked: OpenQuestion = { question, answer }
      this.#open = [...this.#open, asked]
      signal.addEventListener('abort', () => answer(false), { once: true })
    })
}
