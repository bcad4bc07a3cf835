import type { ToastsState } from '../../app/toasts.svelte.ts'
import { t } from '../../app/late-words.ts'

/** Puts a link on the clipboard and says so; false where the browser forbids it, which is said too. */
export async function copyLink(link: string, toasts: ToastsState): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(link)
    toasts.show({ tone: 'good', text: t('invite.copied') })
    return true
  } catch {
    // Insecure pages and some embedded views have no clipboard: the link can still be selected by hand.
    toasts.show({ tone: 'problem', text: t('invite.copyFailed') })
    return false
  }
}
