import { type Asked } from './range.ts'

/** What a page says of a file it gives out. */
export interface FileFacts {
  readonly name: string
  readonly mediaType: string
  readonly sizeBytes: number
  readonly isDownload: boolean
}

/** Status and headers of the answer to one request. */
export interface FileHead {
  readonly status: 200 | 206 | 416
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Types that the browser decodes without running anything (FI-42). What is not here is attached as plain bytes, whatever its sharer
 * called it: HTML, SVG and PDF would run with this page's origin.
 */
const passive = new Set([
  ...['video/mp4', 'video/webm', 'video/ogg', 'video/quicktime', 'video/x-matroska'],
  ...['audio/mpeg', 'audio/mp4', 'audio/aac', 'audio/ogg', 'audio/webm', 'audio/flac', 'audio/wav'],
  ...['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'],
])

/** True for a type that may be shown or played in place. */
export function isPassive(mediaType: string): boolean {
  return passive.has(mediaType)
}

/** Same for every answer: nothing runs, nothing is kept, nobody else may use it (`platform.md` has the isolated page's needs). */
const strict = {
  'Content-Security-Policy': "default-src 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
}

/** The head of an answer with the bytes that `asked` names. A download ignores ranges: it is read once. */
export function fileHead(file: FileFacts, asked: Asked): FileHead {
  const { sizeBytes } = file
  const isInline = !file.isDownload && isPassive(file.mediaType)
  const headers: Record<string, string> = {
    ...strict,
    'Content-Type': isInline ? file.mediaType : 'application/octet-stream',
    'Content-Disposition': disposition(isInline ? 'inline' : 'attachment', file.name),
    'Accept-Ranges': file.isDownload ? 'none' : 'bytes',
  }
  if (file.isDownload || asked.kind === 'whole') {
    return { status: 200, headers: { ...headers, 'Content-Length': String(sizeBytes) } }
  }
  if (asked.kind === 'outside') {
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${sizeBytes}` } }
  }
  const { start, end } = asked
  const range = `bytes ${start}-${end - 1}/${sizeBytes}`
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': range, 'Content-Length': String(end - start) },
  }
}

/** The head of an answer for which there is no file: gone, or never there. */
export const noFileHead = { status: 404, headers: { ...strict, 'Content-Length': '0' } } as const

/** RFC 6266 with the name in RFC 8187 form, and a plain one for those who do not read that. */
function disposition(kind: 'inline' | 'attachment', name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  return `${kind}; filename="${plain}"; filename*=UTF-8''${extendedValue(name)}`
}

/** RFC 8187 section 3.2.1: what `encodeURIComponent` leaves as it is and `attr-char` does not have is escaped too. */
function extendedValue(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '_')).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
