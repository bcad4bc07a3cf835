/**
 * The files of a clipboard. Office programs put a picture of what was copied beside its text: then the text is meant. A picture copied
 * from a page comes with markup but no text.
 */
export function filesOf(clipboard: Pick<DataTransfer, 'files' | 'types'>): readonly File[] {
  const { types, files } = clipboard
  const isRichText =
    types.includes('text/plain') && (types.includes('text/html') || types.includes('text/rtf'))
  return isRichText ? [] : [...files]
}
