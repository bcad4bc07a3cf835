import { noise } from './sample-bytes.ts'

/** What decoding a manifest may throw (CES-36). */
export const manifestErrors: ReadonlySet<string> = new Set([
  'InvalidManifestError',
  'VersionError',
  'UnknownCipherError',
  'UnknownCodeError',
  'UnknownHashError',
  'UnknownCodecError',
])

/** The byte strings of a manifest, of the right lengths and nothing else. */
export const sampleParts = {
  noncePrefix: noise(19, 1),
  root: noise(32, 2),
  keyCommitment: noise(32, 3),
  sealedMeta: noise(144, 4),
}
