/** How long a tab may speak for its account in a room, in ms. A stolen tab key is of use no longer than this. */
export const certificateLifetimeMs = 24 * 60 * 60 * 1000

/** How far apart two honest clocks may be, in ms: they differ by seconds, seldom by a minute. */
export const clockToleranceMs = 120_000

/** A certificate is about 220 bytes; anything longer is refused before it is parsed. */
export const maxCertificateBytes = 512

/**
 * Slots from this one up are of a single visit: their key is made fresh and never stored (SPEC ID-6). Below lie the slots that
 * a lock guards; 65,536 is far above the tabs a profile can hold open.
 */
export const firstUnkeptSlot = 65_536

/** Public keys whose checks are remembered, about 200 bytes each. A room has tens of accounts; a flood of keys evicts. */
export const maxRememberedKeys = 1_024
