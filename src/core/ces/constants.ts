/** Manifest format spoken here; another number is `VersionError`. */
export const formatVersion = 1

/** Cipher id 1: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), 32-byte key, 24-byte nonce, 16-byte tag. Id 2 is kept for AES-256-GCM. */
export const cipherId = 1

/** Code id 1: Reed-Solomon over GF(2^8), polynomial 0x11D, systematic Vandermonde (the Backblaze / klauspost family). Id 2 is kept for Cauchy. */
export const codeId = 1

/** Hash id 1: SHA-256. Id 2 is kept for BLAKE3. */
export const hashId = 1

/** Codec ids of a segment. Id 2 is kept for zstd. */
export const codecRaw = 0
export const codecDeflate = 1

/** Key of XChaCha20-Poly1305. */
export const keyBytes = 32

/** Random part of a file's nonces; 4 counter bytes and a flag byte complete the 24. */
export const noncePrefixBytes = 19

/** Poly1305 tag behind each sealed segment. */
export const tagBytes = 16

/** SHA-256 digest: ids, leaves, Merkle nodes. */
export const hashBytes = 32

/** Greatest k and n: GF(2^8) has 256 points, and a shard index must fit one byte with 255 to spare. */
export const maxShards = 255

/** Shards are whole multiples of this, so that kernels never meet a tail. */
export const shardAlignBytes = 64

/** Smallest shard that a plan or a manifest may name: below it, hashes and records cost more than the bytes they carry. */
export const minShardBytes = 4_096

/** Largest shard, and what big files use: WebCrypto hashes buffers up to 256 KiB twice as fast as larger ones (dataplane report, section 4). */
export const maxShardBytes = 262_144

/** Most segments of a file: 16 GiB when k = 1, 64 GiB when k = 4. Keeps the manifest under its 1 MiB and a file's leaves in memory. */
export const maxSegments = 65_536

/** Longest manifest accepted, checked before it is parsed (decision 10). Ours reach 328 kB at {@link maxSegments}. */
export const maxManifestBytes = 1_048_576

/** CBOR values and keys in a manifest, counted before it is parsed: ours has 29. More would cost more memory than 16 times its bytes. */
export const maxManifestItems = 256

/** Bytes of one segment's row in the manifest: codec u8, sealed length u32 BE. */
export const segmentRowBytes = 5

/** Longest file name in UTF-16 units and media type in characters; file systems allow 255 bytes. */
export const maxNameLength = 1_024
export const maxMediaTypeLength = 255

/** Sealed name and type are padded to multiples of this, so that their length tells little. */
export const metaPadBytes = 128

/** Longest sealed meta: 1,024 UTF-16 units are at most 3,072 bytes of UTF-8, plus type, date, heads and tag. */
export const maxSealedMetaBytes = 4_096

/** Probe before compression: this many samples of this size, spread evenly. Costs 0.1 ms a segment. */
export const probeSamples = 16
export const probeSampleBytes = 4_096

/** Bits a byte from which data counts as random: text measures 4.8, executables 6.1, random 7.997 (dataplane report, section 2). */
export const incompressibleBits = 7.9

/** A compressed segment is kept only when it is smaller than this part of its plaintext. */
export const worthwhileRatio = 0.95

/** fflate's level 3: the speed of level 1, 2 to 7 % smaller (dataplane report, section 2). */
export const deflateLevel = 3

/**
 * Compressed bytes handed to the inflater at once. Deflate grows at most 1,032-fold, so a bomb is stopped at most
 * 4 MiB past the declared size. Smaller costs speed: 1 KiB doubles the time of text.
 */
export const inflateStepBytes = 4_096

/** Bytes of given back buffers that an engine keeps: two segments of 10 + 4 full shards. */
export const maxSpareBytes = 8_388_608
