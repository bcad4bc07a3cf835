declare const brand: unique symbol
type Brand<T, B extends string> = T & { readonly [brand]: B }

/** A libp2p peer id in its usual base58btc text (`12D3Koo…`): one browser tab or Node process. For dialling and logging. */
export type PeerId = Brand<string, 'PeerId'>

/** A person: base64url of the 32-byte Ed25519 account public key (43 characters). For counting, quotas, authorship. */
export type AccountId = Brand<string, 'AccountId'>

/** A room: base64url of 16 bytes derived from the room secret; safe to store and log, does not open the room. */
export type RoomId = Brand<string, 'RoomId'>

/** A file: base64url of the SHA-256 of its manifest bytes (43 characters). The verify capability. */
export type FileId = Brand<string, 'FileId'>

/** A log entry: base64url of the SHA-256 of its signed bytes (43 characters). */
export type EntryId = Brand<string, 'EntryId'>

/** A call: base64url of 16 random bytes. */
export type CallId = Brand<string, 'CallId'>
