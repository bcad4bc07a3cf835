/** What part of a file a request is for. `end` is exclusive. */
export type Asked =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  /** No byte of the file is in the range: 416 (RFC 9110 section 15.5.17). */
  | { readonly kind: 'outside' }

/**
 * Reads a `Range` header (RFC 9110 section 14.2) for a file of `sizeBytes`: one range of bytes, `a-b`, `a-` or `-n`. Any other is
 * passed over as the section allows: the whole file is the answer.
 */
export function askedRange(header: string | null, sizeBytes: number): Asked {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  const [, first = '', last = ''] = match ?? []
  if (match === null || (first === '' && last === '')) return { kind: 'whole' }
  if (first === '') {
    const suffixBytes = Math.min(Number(last), sizeBytes)
    return suffixBytes === 0 ? { kind: 'outside' } : part(sizeBytes - suffixBytes, sizeBytes)
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return { kind: 'whole' }
  if (start >= sizeBytes) return { kind: 'outside' }
  return part(start, last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes))
}

function part(start: number, end: number): Asked {
  return { kind: 'part', start, end }
}
