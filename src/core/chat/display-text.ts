/**
 * Text of a peer made fit to be shown: line ends become `\n`; control characters other than `\n` and `\t`, and the
 * marks that turn the reading direction of what follows (U+202A to U+202E, U+2066 to U+2069), are left out. The signed
 * bytes stay as they are (SPEC CH-8).
 */
export function displayText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '')
}
