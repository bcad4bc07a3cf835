import { toBase64Url, fromBase64Url, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError, ProtocolError } from '../base/errors.ts'
import type { AccountId, FileId, RoomId } from '../base/ids.ts'
import { signedBytes, type Identity, type VerifySignature } from '../identity/index.ts'
import { clockSkewMs, maxReceiptsPerFile } from './constants.ts'
import { decodeSignedReceipt, encodeReceiptBody, encodeSignedReceipt } from './messages.ts'

/** A receipt whose signature was checked, with the bytes to pass on. */
export interface Receipt {
  readonly file: FileId
  readonly account: AccountId
  /** Columns held whole; empty takes back what was held before. */
  readonly shards: readonly number[]
  /** ms since the epoch on the holder's clock. */
  readonly at: number
  readonly bytes: Bytes
}

/** Signs what this account holds of a file (FI-13). */
export async function signReceipt(
  identity: Identity,
  facts: { room: RoomId; file: FileId; shards: readonly number[]; at: number },
): Promise<Receipt> {
  const { room, file, at } = facts
  const shards = [...facts.shards].sort((a, b) => a - b)
  const body = encodeReceiptBody({ room, file, account: identity.account, shards, at })
  const signature = await identity.sign('file-receipt', body)
  return { file, account: identity.account, shards, at, bytes: encodeSignedReceipt(body, signature) }
}

/** A receipt from the wire whose signature nobody has checked yet. */
export interface UncheckedReceipt extends Receipt {
  readonly signed: Bytes
  readonly signature: Bytes
}

/** Reads a receipt of this room. Throws `InvalidMessageError` for its shape, `ProtocolError` for another room. */
export function readReceipt(bytes: Bytes, room: RoomId): UncheckedReceipt {
  const { body, signed, signature } = decodeSignedReceipt(bytes)
  if (body.room !== room) throw new ProtocolError('receipt is of another room')
  return {
    file: body.file,
    account: body.account,
    shards: body.shards,
    at: body.at,
    bytes,
    signed,
    signature,
  }
}

/** Checks the account's signature. Throws `ProtocolError`. */
export async function checkReceipt(unchecked: UncheckedReceipt, verify: VerifySignature): Promise<Receipt> {
  const { signed, signature, ...receipt } = unchecked
  const message = signedBytes('file-receipt', signed)
  if (!(await verify(fromBase64Url(receipt.account), signature, message))) {
    throw new ProtocolError('receipt is not signed by its account')
  }
  return receipt
}

/** A receipt as kept: with the time up to which receipts of its account do not count, if it was found wanting. */
type Known = Receipt & { readonly deniedAt?: number }

/** The newest receipt of every account for every file, bounded; an older one never replaces a newer (FI-14). */
export class ReceiptBook {
  readonly #files = new Map<FileId, Map<AccountId, Known>>()

  /**
   * True when it changed what is known. `direct` marks the account's own answer to us, which counts whatever its time;
   * what others pass on counts only when newer.
   */
  put(receipt: Receipt, options: { direct: boolean }): boolean {
    const ofFile = this.#files.get(receipt.file) ?? new Map<AccountId, Known>()
    const known = ofFile.get(receipt.account)
    if (known !== undefined && known.at >= receipt.at && !options.direct) return false
    if (known?.deniedAt !== undefined && known.deniedAt >= receipt.at) return false
    if (known === undefined && ofFile.size >= maxReceiptsPerFile) return false
    const at = Math.max(receipt.at, known?.at ?? 0)
    ofFile.set(receipt.account, { ...receipt, at })
    this.#files.set(receipt.file, ofFile)
    return (known?.shards ?? []).join() !== receipt.shards.join()
  }

  /** The account itself said that it holds nothing: older receipts of it do not count again. True when that was news. */
  drop(file: FileId, account: AccountId, now: number): boolean {
    const known = this.#files.get(file)?.get(account)
    if (known === undefined) return false
    const at = Math.max(known.at, now - clockSkewMs)
    this.#files.get(file)?.set(account, { ...known, shards: [], at })
    return known.shards.length > 0
  }

  /** The account was found not to have what it signed for: that receipt and older ones do not count again, whoever brings them. */
  deny(file: FileId, account: AccountId): boolean {
    const known = this.#files.get(file)?.get(account)
    if (known === undefined) return false
    this.#files.get(file)?.set(account, { ...known, shards: [], deniedAt: known.at })
    return known.shards.length > 0
  }

  get(file: FileId, account: AccountId): Receipt | undefined {
    return this.#files.get(file)?.get(account)
  }

  of(file: FileId): readonly Receipt[] {
    return [...(this.#files.get(file)?.values() ?? [])]
  }

  forget(file: FileId): void {
    this.#files.delete(file)
  }

  /** Files for which the account has a receipt. */
  filesOf(account: AccountId): readonly FileId[] {
    return [...this.#files].filter(([, ofFile]) => ofFile.has(account)).map(([file]) => file)
  }
}

/** Reads a 32-byte id from text, or throws `InvalidMessageError`: ids from chat cards are text. */
export function checkedFileId(text: string): FileId {
  const bytes = fromBase64Url(text)
  if (bytes.byteLength !== 32 || toBase64Url(bytes) !== text)
    throw new InvalidMessageError('expected a file id')
  return text as FileId
}
