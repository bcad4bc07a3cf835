import type { Bytes } from '../base/bytes.ts'
import { errorName, InvalidMessageError, ProtocolError } from '../base/errors.ts'
import type { FileId, PeerId } from '../base/ids.ts'
import { decodeManifest, manifestId, type ManifestRecord } from '../ces/index.ts'
import { stallTimeoutMs } from './constants.ts'
import { CorruptFileError } from './errors.ts'
import { asking, nextAnswer, nextFrame, receiveChunks, sendRequest, type AskComponents } from './protocol.ts'

/**
 * Checks bytes that claim to be a file's manifest, hash first. Throws `InvalidMessageError` when they are another file's,
 * `CorruptFileError` when the sharer made it wrong, `VersionError` or the like when a newer build made it.
 */
export function openManifest(file: FileId, bytes: Bytes): ManifestRecord {
  if (manifestId(bytes) !== file) throw new InvalidMessageError('manifest is of another file')
  try {
    return decodeManifest(bytes)
  } catch (cause) {
    if (errorName(cause) !== 'InvalidManifestError') throw cause
    throw new CorruptFileError('the manifest is not one that a file can have', { cause })
  }
}

/** Asks one member for a manifest (FI-5). Throws `InvalidMessageError`, `RefusedError`, stream errors, `AbortError`. */
export async function askManifest(
  components: AskComponents,
  peer: PeerId,
  file: FileId,
  signal?: AbortSignal,
): Promise<ManifestRecord> {
  return await asking(components, peer, signal, async (stream, options) => {
    await sendRequest(stream, { type: 'manifest', file })
    const answer = await nextAnswer(stream, options)
    if (answer.type !== 'manifest') throw new ProtocolError('expected a manifest')
    const wait = { ...options, timeoutMs: stallTimeoutMs }
    const bytes = await receiveChunks(() => nextFrame(stream, 'a chunk', wait), answer.sizeBytes)
    return openManifest(file, bytes)
  })
}
