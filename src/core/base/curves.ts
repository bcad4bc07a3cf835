/** The curves that are used, and no others: whoever imports the library's module as a whole gets all it has, evaluated at the start. */
export { ed25519, x25519 } from '@noble/curves/ed25519.js'
