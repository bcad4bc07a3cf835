import { t } from '../../app/late-words.ts'
import type { ToastsState } from '../../app/toasts.svelte.ts'

/** Puts a text on the clipboard and says so, or why not. Call it within a person's action. */
export async function copyText(text: string, done: string, toasts: ToastsState): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toasts.show({ tone: 'good', text: done })
  } catch {
    // Forbidden by the browser or the page's frame: there is no other way to the clipboard.
    toasts.show({ tone: 'problem', text: t('file.copyFailed') })
  }
}
