import { errorName } from '../base/errors.ts'

/** Names of errors that only a broken or hostile member causes; silence, refusals and lost links are not among them. */
const hostileNames: ReadonlySet<string> = new Set([
  'CorruptPieceError',
  'InvalidManifestError',
  'InvalidMessageError',
  'ProtocolError',
])

/** Whether an error is held against the member that caused it (FI-19). */
export function isHostile(error: unknown): boolean {
  return hostileNames.has(errorName(error))
}
