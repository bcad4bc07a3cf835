import type { Component } from 'svelte'

/** One thing to do in a `Menu`. */
export interface MenuItem {
  readonly label: string
  readonly run: () => void
  readonly Icon?: Component<{ size: number }>
  /** Takes something away that cannot be brought back. */
  readonly isDanger?: boolean
}
