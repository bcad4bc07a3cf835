import { utf8 } from '../base/bytes.ts'

/** Longest file name in UTF-8 bytes on the file systems people use (ext4, APFS and NTFS allow 255 units or more). */
export const maxFileNameBytes = 255

/** Longest ending kept when a name is cut; longer ones are no file types. */
const maxExtensionBytes = 32

/** Names that Windows gives to devices whatever the ending (Microsoft, "Naming Files, Paths, and Namespaces"). */
const deviceName = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=$|[. ])/iu

/** Control and format characters and blank fillers, among them the bidirectional overrides (Trojan Source, CVE-2021-42574), line separators, private use and lone surrogates. */
const invisible = /\p{Cc}|\p{Cf}|\p{Co}|\p{Cs}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}|\uFFFC/gu

/** Path separators, drive and stream colons, and what Windows and shells refuse in a name; look-alike slashes too. */
const forbidden = /[/\\:*?"<>|\u2044\u2215\u29F8\u29F5\u2571\u2572\uFF0F\uFF3C\uFF1A]/gu

/**
 * A name that is safe to show and to save under, whatever a sharer called the file (FI-22): no path, no control or
 * direction-changing characters, no device name, no leading or trailing dot or space, at most 255 UTF-8 bytes with the
 * ending kept, and never empty. Applying it twice changes nothing.
 */
export function safeFileName(name: string): string {
  let safe = name
    .slice(0, 4_096)
    .replace(invisible, '')
    .replace(forbidden, '_')
    .replace(/\s+/gu, ' ')
    .normalize('NFC') // last: what stood between a letter and its accent is gone now
  safe = trimEnds(safe)
  if (deviceName.test(safe)) safe = `_${safe}`
  safe = trimEnds(cutToBytes(safe))
  return safe === '' ? 'file' : safe
}

/** A leading dot hides a file or is `..`; Windows drops trailing dots and spaces, so two names would become one. */
function trimEnds(name: string): string {
  return name.replace(/^[. ]+/u, '').replace(/[. ]+$/u, '')
}

function cutToBytes(name: string): string {
  if (utf8(name).byteLength <= maxFileNameBytes) return name
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 && utf8(name.slice(dot)).byteLength <= maxExtensionBytes ? name.slice(dot) : ''
  const stem = name.slice(0, name.length - extension.length)
  return trimEnds(cutText(stem, maxFileNameBytes - utf8(extension).byteLength)) + extension
}

/** The longest start of `text` of at most `maxBytes` UTF-8 bytes, never half a character. */
function cutText(text: string, maxBytes: number): string {
  let bytes = 0
  let cut = ''
  for (const character of text) {
    bytes += utf8(character).byteLength
    if (bytes > maxBytes) break
    cut += character
  }
  return cut
}
