import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concat, fromBase64Url, utf8, type Bytes } from '../base/bytes.ts'
import type { RandomBytes } from '../base/clock.ts'
import { InvalidMessageError } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import { packBody, unpackBody, type EntryBody } from '../chat/index.ts'
import { accountPublicKey, openFrom, sealTo, type Identity, type SealedUse } from '../identity/index.ts'
import type { Room } from '../room/index.ts'
import { NoAgreementKeyError } from './errors.ts'

/** The cards that can be for one account alone. */
export type CardBody = Extract<EntryBody, { kind: 'file' | 'folder' }>
export type PersonalBody = Extract<EntryBody, { kind: 'personal' }>

export interface PersonalComponents {
  readonly identity: Pick<Identity, 'account' | 'agreement'>
  readonly room: Pick<Room, 'id' | 'agreementOf'>
}

const label = utf8('tessera/personal/1')
const lengthBytes = 4
/** Every file by itself looks alike: the longest name takes 3 KiB, a usual one fits the first step. */
const steps = { short: 512, long: 4_096 } as const
/** The content key seals once, so its nonce may be fixed. */
const nonce = new Uint8Array(24)

/**
 * Makes the entry of files for one account (FI-71): the card under a fresh key, the key sealed to that account and to ours.
 * Throws `NoAgreementKeyError`, and `MessageTooLongError` for a folder of too many names.
 */
export async function sealPersonal(
  { identity, room, random }: PersonalComponents & { readonly random: RandomBytes },
  to: AccountId,
  card: CardBody,
): Promise<PersonalBody> {
  const theirs = agreementOf(room, to)
  const place = placeOf(room.id, { author: identity.account, to, files: filesOf(card) })
  const key = random(32)
  const seal = (receiver: Bytes, reader: AccountId): Promise<Bytes> =>
    sealTo(receiver, useOf(place, reader), key, random)
  const keys = [await seal(theirs, to), await seal(identity.agreement.publicKey, identity.account)] as const
  const sealed = new Uint8Array(xchacha20poly1305(key, nonce, place).encrypt(padded(packBody(card))))
  key.fill(0)
  return { kind: 'personal', to, files: filesOf(card), keys, sealed }
}

/** What is sealed to an account. Throws `NoAgreementKeyError` when it is not known here (RO-11). */
export function agreementOf(room: Pick<Room, 'agreementOf'>, account: AccountId): Bytes {
  const key = room.agreementOf(account)
  if (key === undefined) throw new NoAgreementKeyError('expected an account whose agreement key is known')
  return key
}

/**
 * The card in an entry that is for this account or by it; undefined when it is neither, or of a kind this build does not know.
 * Throws `InvalidMessageError` for what was sealed for another place, was changed, or names other files inside than outside.
 */
export async function openPersonal(
  { identity, room }: PersonalComponents,
  author: AccountId,
  body: PersonalBody,
): Promise<CardBody | undefined> {
  const self = identity.account
  const box = self === body.to ? body.keys[0] : self === author ? body.keys[1] : undefined
  if (box === undefined) return undefined
  const place = placeOf(room.id, { author, to: body.to, files: body.files })
  const key = await openFrom(identity.agreement, useOf(place, self), box)
  const card = unpackBody(unpadded(opened(key, place, body.sealed)))
  if (card === undefined || (card.kind !== 'file' && card.kind !== 'folder')) return undefined
  const inside = filesOf(card)
  const isSame = inside.length === body.files.length && inside.every((file, i) => file === body.files[i])
  if (!isSame) throw new InvalidMessageError('expected the same files inside as outside')
  return card
}

function opened(key: Bytes, place: Bytes, sealed: Bytes): Uint8Array {
  try {
    return xchacha20poly1305(key, nonce, place).decrypt(sealed)
  } catch (cause) {
    throw new InvalidMessageError('not sealed under the content key', { cause })
  }
}

function filesOf(card: CardBody): readonly FileId[] {
  return card.kind === 'file' ? [card.file] : card.files.map(({ file }) => file)
}

/** Room (16 bytes), author, receiver and files (32 bytes each): nothing sealed here opens anywhere else. */
function placeOf(
  room: string,
  { author, to, files }: { author: AccountId; to: AccountId; files: readonly FileId[] },
): Bytes {
  return concat(
    fromBase64Url(room),
    accountPublicKey(author),
    accountPublicKey(to),
    ...files.map((file) => fromBase64Url(file)),
  )
}

function useOf(place: Bytes, reader: AccountId): SealedUse {
  return { info: label, aad: concat(place, accountPublicKey(reader)) }
}

/** The length of names is nobody's business. */
function padded(card: Bytes): Bytes {
  const bytes = card.byteLength + lengthBytes
  const step = bytes <= steps.long ? steps.short : steps.long
  const out = new Uint8Array(Math.ceil(bytes / step) * step)
  new DataView(out.buffer).setUint32(0, card.byteLength)
  out.set(card, lengthBytes)
  return out
}

function unpadded(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength < lengthBytes) throw new InvalidMessageError('expected a length')
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0)
  if (length > bytes.byteLength - lengthBytes) throw new InvalidMessageError('expected as much as it says')
  return bytes.subarray(lengthBytes, lengthBytes + length)
}
