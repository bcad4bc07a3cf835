import type { Bytes } from '../../src/core/base/bytes.ts'
import type {
  CodeShape,
  ExpectedSegment,
  RecodedSegment,
  SealedSegment,
  SegmentContext,
} from '../../src/core/ces/index.ts'

/** What a CES worker answers: the engine's verbs. Buffers of segments and pieces are transferred both ways. */
export interface CesWorkerApi {
  seal(context: SegmentContext, segment: number, isLast: boolean, plaintext: Bytes): Promise<SealedSegment>
  open(
    context: SegmentContext,
    segment: number,
    isLast: boolean,
    expected: ExpectedSegment,
    pieces: ReadonlyMap<number, Bytes>,
  ): Promise<Bytes>
  recode(
    code: CodeShape,
    segment: number,
    pieces: ReadonlyMap<number, Bytes>,
    wanted: readonly number[],
  ): Promise<RecodedSegment>
}
