import { isPassive } from '../service-worker/file-head.ts'

/** What of a file can be shown in place. */
export type MediaKind = 'video' | 'audio' | 'image'

/** Names that browsers and systems give to one thing. */
const aliases: Readonly<Record<string, string>> = {
  'audio/mp3': 'audio/mpeg',
  'audio/x-mp3': 'audio/mpeg',
  'audio/x-m4a': 'audio/mp4',
  'audio/m4a': 'audio/mp4',
  'audio/x-aac': 'audio/aac',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-flac': 'audio/flac',
  'audio/opus': 'audio/ogg',
  'application/ogg': 'audio/ogg',
  'video/x-m4v': 'video/mp4',
  'video/matroska': 'video/x-matroska',
  'image/jpg': 'image/jpeg',
}

/** Endings of files whose sharer's system did not know their type. */
const endings: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  webm: 'video/webm',
  ogv: 'video/ogg',
  mov: 'video/quicktime',
  mkv: 'video/x-matroska',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  oga: 'audio/ogg',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
  wav: 'audio/wav',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
}

/**
 * The passive type of a file (FI-42), or undefined when it must not be shown in place. The ending speaks only where the sharer's system
 * gave no type: a type that is known to be active stays so whatever the name says.
 */
export function passiveType({ name, mediaType }: { name: string; mediaType: string }): string | undefined {
  const given = mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const isTold = given !== '' && given !== 'application/octet-stream'
  const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  const type = isTold ? (aliases[given] ?? given) : (endings[ending] ?? '')
  return isPassive(type) ? type : undefined
}

/** How a file can be shown in place, if at all. */
export function mediaKind(file: { name: string; mediaType: string }): MediaKind | undefined {
  const type = passiveType(file)
  if (type?.startsWith('video/')) return 'video'
  if (type?.startsWith('audio/')) return 'audio'
  return type === undefined ? undefined : 'image'
}
