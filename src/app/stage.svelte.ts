import { SvelteMap, SvelteSet } from 'svelte/reactivity'
import type { AccountId, PeerId } from '../core/base/ids.ts'
import type { CallState } from './call.svelte.ts'
import { spotlightOf, tilesOf, type StageLayout, type StageTile } from './stage-tiles.ts'

/** How loud a person is played here; nobody else knows. */
export interface Loudness {
  /** 0 to 1. */
  readonly volume: number
  readonly isMuted: boolean
}

const full: Loudness = { volume: 1, isMuted: false }

/** How the call is laid out on this screen: a matter of taste that nobody else sees. */
export class StageState {
  readonly #call: CallState
  readonly #self: { readonly peer: PeerId; readonly account: AccountId }
  readonly #loudness = new SvelteMap<AccountId, Loudness>()
  readonly #removed = new SvelteSet<AccountId>()
  #layout = $state<StageLayout>('grid')
  #pinned = $state<string>()
  #hidesSelf = $state(false)
  #isFloating = $state(false)

  constructor(call: CallState, self: { readonly peer: PeerId; readonly account: AccountId }) {
    this.#call = call
    this.#self = self
  }

  get tiles(): readonly StageTile[] {
    const { now, local, hand } = this.#call
    const all = now.kind === 'live' || now.kind === 'connecting' ? now.people : []
    const people = all.filter(({ account }) => !this.#removed.has(account))
    return tilesOf({ self: { ...this.#self, hand }, local, people, hidesSelf: this.#hidesSelf })
  }
  /** A pin is a wish for the spotlight, and so is a screen that somebody shows. */
  get layout(): StageLayout {
    const { tiles } = this
    const isPinned = tiles.some(({ id }) => id === this.#pinned)
    const hasScreen = tiles.some(({ kind, isSelf }) => kind === 'screen' && !isSelf)
    return isPinned || hasScreen ? 'spotlight' : this.#layout
  }
  set layout(layout: StageLayout) {
    this.#layout = layout
    if (layout === 'grid') this.#pinned = undefined
  }
  get spotlight(): StageTile | undefined {
    return spotlightOf(this.tiles, this.#pinned, this.#call.voices.floor)
  }
  get pinned(): string | undefined {
    return this.#pinned
  }
  pin(id: string | undefined): void {
    this.#pinned = id
  }
  /** Accounts we neither see nor hear, though they are in the call. */
  get removed(): readonly AccountId[] {
    return [...this.#removed]
  }
  remove(account: AccountId): void {
    this.#removed.add(account)
    this.#call.showsNothingOf(account)
  }
  bringBack(account: AccountId): void {
    this.#removed.delete(account)
  }
  get hidesSelf(): boolean {
    return this.#hidesSelf
  }
  set hidesSelf(hides: boolean) {
    this.#hidesSelf = hides
  }

  /** Whether the spotlight is shown in a small window as well. */
  get isFloating(): boolean {
    return this.#isFloating
  }
  set isFloating(floats: boolean) {
    this.#isFloating = floats
  }
  /** Whether this tile is seen above other windows, wherever it is in this one. */
  floats(id: string): boolean {
    return this.#isFloating && this.spotlight?.id === id
  }

  loudnessOf(account: AccountId): Loudness {
    return this.#loudness.get(account) ?? full
  }
  setLoudness(account: AccountId, change: Partial<Loudness>): void {
    this.#loudness.set(account, { ...this.loudnessOf(account), ...change })
  }
}
