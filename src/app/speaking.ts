/** Levels below this are a room's noise; speech into a headset is around 0.1. */
const speechLevel = 0.02
/** A ring that went out between two words would flicker. */
const holdMs = 700
/** Who holds the spotlight keeps it until another has spoken this long. */
const takeOverMs = 1_500

/** Who speaks, from loudness heard now and then; pure of clocks and audio. */
export class Speaking {
  /** First and last moment of the speech that goes on, by id. */
  readonly #speech = new Map<string, { from: number; until: number }>()
  #floor: string | undefined

  /** Notes how loud `id` is at `now` (ms), 0 to 1. */
  hear(id: string, level: number, now: number): void {
    if (level < speechLevel) return
    const known = this.#speech.get(id)
    const goesOn = known !== undefined && now - known.until <= holdMs
    this.#speech.set(id, { from: goesOn ? known.from : now, until: now })
    if (
      this.#floor === undefined ||
      (this.#floor !== id && now - (goesOn ? known.from : now) >= takeOverMs)
    ) {
      this.#floor = id
    }
  }

  isSpeaking(id: string, now: number): boolean {
    const speech = this.#speech.get(id)
    return speech !== undefined && now - speech.until <= holdMs
  }

  /** Ids of all who speak at `now`. */
  speakers(now: number): readonly string[] {
    return [...this.#speech.keys()].filter((id) => this.isSpeaking(id, now))
  }

  /** Who has the floor: the last to have spoken at some length. */
  get floor(): string | undefined {
    return this.#floor
  }

  /** Forgets whoever is not among `ids`. */
  keep(ids: readonly string[]): void {
    for (const id of this.#speech.keys()) if (!ids.includes(id)) this.#speech.delete(id)
    if (this.#floor !== undefined && !ids.includes(this.#floor)) this.#floor = undefined
  }
}
