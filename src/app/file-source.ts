import { type FileSource, SourceChangedError } from '../core/files/index.ts'

/** A picked, pasted or dropped file as something to share. Bytes are read when asked for, never all at once. */
export function fileSource(file: File): FileSource {
  return {
    name: file.name === '' ? 'file' : file.name,
    mediaType: file.type,
    sizeBytes: file.size,
    async read(start, end) {
      try {
        return new Uint8Array(await file.slice(start, end).arrayBuffer())
      } catch (cause) {
        throw new SourceChangedError(`expected ${end - start} bytes at ${start} of a picked file`, { cause })
      }
    },
  }
}
