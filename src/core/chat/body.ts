import * as v from 'valibot'
import { fromBase64Url, fromUtf8, toBase64Url, utf8, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError } from '../base/errors.ts'
import type { AccountId, CallId, FileId } from '../base/ids.ts'
import { byteString, fromCbor, text, toCbor, uint } from '../base/wire/cbor.ts'
import {
  maxEntryBytes,
  maxFolderBodyBytes,
  maxFolderFiles,
  maxPersonalBytes,
  maxTextBytes,
} from './constants.ts'
import { displayText } from './display-text.ts'
import { EmptyMessageError, MessageTooLongError } from './errors.ts'
import type { EntryBody } from './index.ts'

/** Longest file name carried, in UTF-16 units; file systems stop at 255. */
const maxNameLength = 1_024

/** A body as it travels: a map with `kind`; the rest is up to the kind. */
export const wireBody = v.looseObject({ kind: text(32, 1) })
export type WireBody = v.InferOutput<typeof wireBody>

const id = <T extends string>(length: number) =>
  v.pipe(
    byteString(length),
    v.transform((bytes) => toBase64Url(bytes) as T), // length checked above
  )

/** Known kinds. Further keys are passed over, so that a later version can add some (SPEC CH-7). */
const known = v.variant('kind', [
  v.object({ kind: v.literal('text'), text: text(maxTextBytes, 1) }),
  v.object({
    kind: v.literal('file'),
    file: id<FileId>(32),
    key: byteString(32),
    name: text(maxNameLength),
    sizeBytes: uint(),
    mediaType: text(255),
  }),
  v.object({
    kind: v.literal('folder'),
    name: text(maxNameLength),
    files: v.pipe(
      v.array(
        v.object({
          path: text(maxNameLength, 1),
          file: id<FileId>(32),
          key: byteString(32),
          sizeBytes: uint(),
          mediaType: text(255),
        }),
      ),
      v.minLength(1),
      v.maxLength(maxFolderFiles),
    ),
  }),
  v.object({
    kind: v.literal('personal'),
    to: id<AccountId>(32),
    files: v.pipe(v.array(id<FileId>(32)), v.minLength(1), v.maxLength(maxFolderFiles)),
    keys: v.strictTuple([byteString(80), byteString(80)]),
    sealed: byteString(17, maxPersonalBytes),
  }),
  v.object({
    kind: v.literal('withdraw'),
    files: v.pipe(v.array(id<FileId>(32)), v.minLength(1), v.maxLength(maxFolderFiles)),
  }),
  v.object({
    kind: v.literal('call'),
    call: id<CallId>(16),
    outcome: v.picklist(['ended', 'missed', 'declined', 'cancelled', 'failed']),
    durationMs: uint(),
    with: id<AccountId>(32),
  }),
])

/** The body as this build understands it, its text cleaned for display; undefined when it is to be kept unshown. */
export function readBody(wire: WireBody): EntryBody | undefined {
  const result = v.safeParse(known, wire)
  if (!result.success) return undefined
  const body = result.output
  if (body.kind !== 'text') return body
  if (utf8(body.text).byteLength > maxTextBytes) return undefined
  const shown = displayText(body.text)
  return shown.trim() === '' ? undefined : { kind: 'text', text: shown }
}

/** Checks a body of our own and gives its wire form. Throws `EmptyMessageError`, `MessageTooLongError`, `InvalidMessageError`. */
export function writeBody(body: EntryBody): WireBody {
  const wire = toWire(body)
  if (readBody(wire) === undefined) throw new InvalidMessageError(`${body.kind} body has the wrong shape`)
  return wire
}

function toWire(body: EntryBody): WireBody {
  switch (body.kind) {
    case 'text':
      return { kind: 'text', text: checkedText(body.text) }
    case 'file':
      if (body.name.length > maxNameLength) {
        throw new MessageTooLongError(`expected a name of at most ${maxNameLength} characters`)
      }
      return { ...body, name: wellFormed(body.name), file: fromBase64Url(body.file) }
    case 'folder':
      return folderToWire(body)
    case 'personal':
      return personalToWire(body)
    case 'withdraw':
      return { kind: 'withdraw', files: body.files.map(fromBase64Url) }
    case 'call':
      return {
        ...body,
        call: fromBase64Url(body.call),
        with: fromBase64Url(body.with),
        durationMs: Math.max(0, Math.round(body.durationMs)),
      }
    default:
      return body satisfies never
  }
}

function folderToWire({ name, files }: Extract<EntryBody, { kind: 'folder' }>): WireBody {
  const listed = files.map(({ path, file, key, sizeBytes, mediaType }) => ({
    ...{ path: wellFormed(path), file: fromBase64Url(file), key, sizeBytes, mediaType },
  }))
  const wire: WireBody = { kind: 'folder', name: wellFormed(name), files: listed }
  const { byteLength } = toCbor(wire)
  if (byteLength <= maxFolderBodyBytes) return wire
  throw new MessageTooLongError(
    `expected a folder of at most ${maxFolderBodyBytes} bytes of names and keys, got ${byteLength}`,
  )
}

function personalToWire(body: Extract<EntryBody, { kind: 'personal' }>): WireBody {
  const { byteLength } = body.sealed
  if (byteLength > maxPersonalBytes) {
    throw new MessageTooLongError(`expected at most ${maxPersonalBytes} sealed bytes, got ${byteLength}`)
  }
  return { ...body, to: fromBase64Url(body.to), files: body.files.map(fromBase64Url) }
}

/** A body by itself, to be sealed in another. Throws as {@link writeBody} does. */
export function packBody(body: EntryBody): Bytes {
  return toCbor(writeBody(body))
}

/** Inverse of {@link packBody}; undefined for a body that this build does not know. Throws `InvalidMessageError`. */
export function unpackBody(bytes: Uint8Array): EntryBody | undefined {
  return readBody(fromCbor(bytes, wireBody, maxEntryBytes))
}

function checkedText(text: string): string {
  const bytes = utf8(text)
  if (bytes.byteLength > maxTextBytes) {
    throw new MessageTooLongError(`expected at most ${maxTextBytes} bytes of text, got ${bytes.byteLength}`)
  }
  if (displayText(text).trim() === '') throw new EmptyMessageError('there is nothing to show in this message')
  return fromUtf8(bytes)
}

/** Half a surrogate pair has no UTF-8 form: what goes in must be what comes out. */
function wellFormed(text: string): string {
  return fromUtf8(utf8(text))
}
