/** What a key does in a call. */
export type CallKeyAction = 'mute' | 'camera' | 'screen' | 'hand' | 'react' | 'help' | 'talk'

/** Keys of a call, in the order the help sheet shows them (the set of Jitsi Meet and Element Call where they agree). */
export const callKeys: readonly { readonly key: string; readonly action: CallKeyAction }[] = [
  { key: 'm', action: 'mute' },
  { key: 'v', action: 'camera' },
  { key: 's', action: 'screen' },
  { key: 'h', action: 'hand' },
  { key: 'r', action: 'react' },
  { key: ' ', action: 'talk' },
  { key: '?', action: 'help' },
]

interface KeyPress {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly repeat: boolean
  readonly target: EventTarget | null
}

/** By what it can do: a window above others has classes of its own. */
function isElement(target: EventTarget | null): target is Element {
  return target !== null && 'closest' in target
}

/** What a key press means; undefined while somebody types, with a modifier, or when the key is held down. */
export function callKeyOf(press: KeyPress): CallKeyAction | undefined {
  if (press.ctrlKey || press.metaKey || press.altKey || press.repeat) return undefined
  const action = callKeys.find(({ key }) => key === press.key.toLowerCase())?.action
  if (action === undefined || !isElement(press.target)) return action
  if (press.target.closest('input, textarea, select, [contenteditable=""], [contenteditable=true]') !== null)
    return undefined
  // Space presses the button that has the focus; that meaning is older than ours.
  return action === 'talk' && press.target.closest('button, a, summary, video') !== null ? undefined : action
}
