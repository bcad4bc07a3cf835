import type { CallState } from '../../app/call.svelte.ts'

/** Actions of a call that headsets and the system's own call controls send; newer than the types of the DOM. */
type CallAction = 'togglemicrophone' | 'togglecamera' | 'hangup'

/**
 * Lets headset keys and the system's call controls mute, switch the camera and hang up, while the returned function is not
 * called. Engines that do not know an action are left alone.
 */
export function mediaKeys(call: CallState): () => void {
  const actions: readonly [CallAction, () => void][] = [
    ['togglemicrophone', () => void call.setMuted(call.local.microphone === 'on')],
    ['togglecamera', () => void call.setCamera(call.local.camera !== 'on')],
    ['hangup', () => call.hangUp()],
  ]
  const set = (action: CallAction, run: (() => void) | null): void => {
    try {
      navigator.mediaSession.setActionHandler(action as MediaSessionAction, run) // see CallAction
    } catch {
      // TypeError: this engine has no such action.
    }
  }
  for (const [action, run] of actions) set(action, run)
  return () => {
    for (const [action] of actions) set(action, null)
  }
}
