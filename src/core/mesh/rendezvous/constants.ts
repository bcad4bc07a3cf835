/** libp2p rendezvous 1.0. */
export const rendezvousProtocol = '/rendezvous/1.0.0'

/** A message with 100 signed records of under 1 KiB. */
export const maxMessageBytes = 256 * 1024

/** Longest namespace of the specification. */
export const maxNamespaceLength = 255

/** Records answered at once, and kept of one namespace: a room is a few dozen tabs. */
export const maxRecords = 100

/** Addresses taken from one record. */
export const maxAddresses = 16

/** Longest signed record kept. */
export const maxRecordBytes = 4_096

/** Bounds of a registration's life in seconds: the specification's 72 h above; below, less than a minute is noise. */
export const ttlSeconds = { shortest: 60, longest: 72 * 3600, standard: 2 * 3600 }

/** Namespaces one peer may be registered under: two days' names of some rooms. */
export const maxPerPeer = 16

/** Registrations in all: at under 2 KiB each this is some tens of MiB. */
export const maxRegistrations = 20_000

/** Requests on one stream before it is closed. */
export const maxRequests = 8
