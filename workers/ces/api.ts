import type { Bytes } from '../../src/core/base/bytes.ts'
import type {
  CodeShape,
  ExpectedSegment,
  RecodedSegment,
  SealedSegment,
  SegmentContext,
  SegmentReport,
} from '../../src/core/ces/index.ts'

/** A result with how it was made; the report is some 100 bytes. */
export interface Answer<T> {
  readonly value: T
  readonly report: SegmentReport | undefined
}

/** What a CES worker answers: the engine's verbs. Buffers of segments, pieces and spares are transferred both ways. */
export interface CesWorkerApi {
  seal(
    context: SegmentContext,
    segment: number,
    isLast: boolean,
    plaintext: Bytes,
    spares: readonly Bytes[],
  ): Promise<Answer<SealedSegment>>
  open(
    context: SegmentContext,
    segment: number,
    isLast: boolean,
    expected: ExpectedSegment,
    pieces: ReadonlyMap<number, Bytes>,
  ): Promise<Answer<Bytes>>
  recode(
    code: CodeShape,
    segment: number,
    pieces: ReadonlyMap<number, Bytes>,
    wanted: readonly number[],
  ): Promise<Answer<RecodedSegment>>
}
