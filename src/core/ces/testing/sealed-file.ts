import { concat, type Bytes } from '../../base/bytes.ts'
import {
  createMerkleTree,
  decodeManifest,
  encodeManifest,
  keyCommitment,
  leafIndex,
  newFileSecrets,
  openingContext,
  planSegments,
  sealMeta,
  sealingContext,
  segmentPlainBytes,
  type CesEngine,
  type CodeShape,
  type FileMeta,
  type ManifestRecord,
  type MerkleTree,
  type SealedSegment,
} from '../index.ts'
import { seededRandom } from './sample-bytes.ts'

/** A file sealed whole, with all its pieces at hand. */
export interface SealedFile {
  readonly record: ManifestRecord
  readonly key: Bytes
  readonly segments: readonly SealedSegment[]
  readonly tree: MerkleTree
}

const plainMeta: FileMeta = { name: 'notes.txt', mediaType: 'text/plain', modifiedAt: 1_700_000_000_000 }

/** Seals a file as a share does, manifest through its bytes. */
export async function sealFile(
  engine: CesEngine,
  file: Uint8Array,
  code: CodeShape,
  seed = 7,
  meta = plainMeta,
): Promise<SealedFile> {
  const { key, noncePrefix } = newFileSecrets(seededRandom(seed))
  const plan = planSegments(file.byteLength, code)
  const header = { code, segmentBytes: plan.segmentBytes, sizeBytes: file.byteLength, noncePrefix }
  const context = sealingContext(header, key)
  const tree = createMerkleTree(plan.segments * code.n)
  const segments: SealedSegment[] = []
  for (let i = 0; i < plan.segments; i++) {
    const start = i * plan.segmentBytes
    const plaintext = new Uint8Array(file.slice(start, start + segmentPlainBytes(header, i)))
    const sealed = await engine.seal(context, i, i === plan.segments - 1, plaintext)
    sealed.leaves.forEach((leaf, shard) => tree.set(leafIndex(code, i, shard), leaf))
    segments.push(sealed)
  }
  const bytes = encodeManifest({
    ...header,
    version: 1,
    segments: segments.map(({ codec, sealedBytes }) => ({ codec, sealedBytes })),
    root: tree.root(),
    keyCommitment: keyCommitment(key),
    sealedMeta: sealMeta(context, meta),
  })
  return { record: decodeManifest(bytes), key, segments, tree }
}

/** Opens a whole file from the shards that `keep` lets through, each segment asked anew. */
export async function openFile(
  engine: CesEngine,
  file: SealedFile,
  keep: (segment: number, shard: number) => boolean = () => true,
): Promise<Bytes> {
  const { manifest } = file.record
  const context = openingContext(manifest, file.key)
  const parts: Bytes[] = []
  for (const [i, row] of manifest.segments.entries()) {
    const expected = { ...row, plainBytes: segmentPlainBytes(manifest, i) }
    const pieces = piecesOf(file, i, (shard) => keep(i, shard))
    parts.push(await engine.open(context, i, i === manifest.segments.length - 1, expected, pieces))
  }
  return concat(...parts)
}

/** Copies of a segment's pieces by shard index: an engine may take them over. */
export function piecesOf(
  file: SealedFile,
  segment: number,
  keep: (shard: number) => boolean = () => true,
): Map<number, Bytes> {
  const pieces = new Map<number, Bytes>()
  file.segments[segment]?.pieces.forEach((piece, shard) => {
    if (keep(shard)) pieces.set(shard, piece.slice())
  })
  return pieces
}
